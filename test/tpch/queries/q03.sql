-- Q3, shipping priority: the ten unshipped orders of the highest value
CREATE TVIEW tv_q03 WITH (key = 'l_orderkey', on_untraceable = 'recompute') AS
SELECT l_orderkey,
	jsonb_build_object(
		'l_orderkey', l_orderkey,
		'revenue', sum(l_extendedprice * (1 - l_discount)),
		'o_orderdate', o_orderdate,
		'o_shippriority', o_shippriority) AS data
FROM customer, orders, lineitem
WHERE c_mktsegment = 'BUILDING'
	AND c_custkey = o_custkey
	AND l_orderkey = o_orderkey
	AND o_orderdate < date '1995-03-15'
	AND l_shipdate > date '1995-03-15'
GROUP BY l_orderkey, o_orderdate, o_shippriority
ORDER BY sum(l_extendedprice * (1 - l_discount)) DESC, o_orderdate, l_orderkey
LIMIT 10;
