-- Q13, customer distribution: how many customers have how many orders
CREATE TVIEW tv_q13 WITH (key = 'c_count', on_untraceable = 'recompute') AS
SELECT c_count,
	jsonb_build_object(
		'c_count', c_count,
		'custdist', count(*)) AS data
FROM (
	SELECT c_custkey, count(o_orderkey)
	FROM customer
	LEFT OUTER JOIN orders ON c_custkey = o_custkey
		AND o_comment NOT LIKE '%special%requests%'
	GROUP BY c_custkey) AS c_orders (c_custkey, c_count)
GROUP BY c_count;
