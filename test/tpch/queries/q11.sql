-- Q11, important stock identification: the parts worth most in the stock of Germany's suppliers
CREATE TVIEW tv_q11 WITH (key = 'ps_partkey', on_untraceable = 'recompute') AS
SELECT ps_partkey,
	jsonb_build_object(
		'ps_partkey', ps_partkey,
		'value', sum(ps_supplycost * ps_availqty)) AS data
FROM partsupp, supplier, nation
WHERE ps_suppkey = s_suppkey
	AND s_nationkey = n_nationkey
	AND n_name = 'GERMANY'
GROUP BY ps_partkey
HAVING sum(ps_supplycost * ps_availqty) > (
	SELECT sum(ps_supplycost * ps_availqty) * 0.00004 / :scale
	FROM partsupp, supplier, nation
	WHERE ps_suppkey = s_suppkey
		AND s_nationkey = n_nationkey
		AND n_name = 'GERMANY');
