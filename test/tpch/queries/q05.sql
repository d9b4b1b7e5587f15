-- Q5, local supplier volume: revenue of the nations of Asia where customer and supplier share one
CREATE TVIEW tv_q05 WITH (key = 'n_name') AS
SELECT n_name,
	jsonb_build_object(
		'n_name', n_name,
		'revenue', sum(l_extendedprice * (1 - l_discount))) AS data
FROM customer, orders, lineitem, supplier, nation, region
WHERE c_custkey = o_custkey
	AND l_orderkey = o_orderkey
	AND l_suppkey = s_suppkey
	AND c_nationkey = s_nationkey
	AND s_nationkey = n_nationkey
	AND n_regionkey = r_regionkey
	AND r_name = 'ASIA'
	AND o_orderdate >= date '1994-01-01'
	AND o_orderdate < date '1994-01-01' + interval '1' year
GROUP BY n_name;
