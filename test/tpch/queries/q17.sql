-- Q17, small-quantity-order revenue: what orders far below a part's average bring in a year
CREATE TVIEW tv_q17 AS
SELECT 1 AS pk_q17,
	jsonb_build_object('avg_yearly', sum(l_extendedprice) / 7.0) AS data
FROM lineitem, part
WHERE p_partkey = l_partkey
	AND p_brand = 'Brand#23'
	AND p_container = 'MED BOX'
	AND l_quantity < (
		SELECT 0.2 * avg(l_quantity)
		FROM lineitem
		WHERE l_partkey = p_partkey);
