-- Q18, large volume customer: the hundred most valuable orders of more than 300 pieces
CREATE TVIEW tv_q18 WITH (key = 'o_orderkey', on_untraceable = 'recompute') AS
SELECT o_orderkey,
	jsonb_build_object(
		'c_name', c_name,
		'c_custkey', c_custkey,
		'o_orderkey', o_orderkey,
		'o_orderdate', o_orderdate,
		'o_totalprice', o_totalprice,
		'sum', sum(l_quantity)) AS data
FROM customer, orders, lineitem
WHERE o_orderkey IN (
		SELECT l_orderkey
		FROM lineitem
		GROUP BY l_orderkey
		HAVING sum(l_quantity) > 300)
	AND c_custkey = o_custkey
	AND o_orderkey = l_orderkey
GROUP BY c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice
ORDER BY o_totalprice DESC, o_orderdate, o_orderkey
LIMIT 100;
