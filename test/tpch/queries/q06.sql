-- Q6, forecasting revenue change: what small discounts of a year cost
CREATE TVIEW tv_q06 AS
SELECT 1 AS pk_q06,
	jsonb_build_object('revenue', sum(l_extendedprice * l_discount)) AS data
FROM lineitem
WHERE l_shipdate >= date '1994-01-01'
	AND l_shipdate < date '1994-01-01' + interval '1' year
	AND l_discount BETWEEN 0.06 - 0.01 AND 0.06 + 0.01
	AND l_quantity < 24;
