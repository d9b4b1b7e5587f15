-- Q10, returned item reporting: the twenty customers who returned most in a quarter
CREATE TVIEW tv_q10 WITH (key = 'c_custkey', on_untraceable = 'recompute') AS
SELECT c_custkey,
	jsonb_build_object(
		'c_custkey', c_custkey,
		'c_name', c_name,
		'revenue', sum(l_extendedprice * (1 - l_discount)),
		'c_acctbal', c_acctbal,
		'n_name', n_name,
		'c_address', c_address,
		'c_phone', c_phone,
		'c_comment', c_comment) AS data
FROM customer, orders, lineitem, nation
WHERE c_custkey = o_custkey
	AND l_orderkey = o_orderkey
	AND o_orderdate >= date '1993-10-01'
	AND o_orderdate < date '1993-10-01' + interval '3' month
	AND l_returnflag = 'R'
	AND c_nationkey = n_nationkey
GROUP BY c_custkey, c_name, c_acctbal, c_phone, n_name, c_address, c_comment
ORDER BY sum(l_extendedprice * (1 - l_discount)) DESC, c_custkey
LIMIT 20;
