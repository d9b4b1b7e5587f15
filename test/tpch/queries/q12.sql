-- Q12, shipping modes and order priority: late lines of two ship modes by their order's priority
CREATE TVIEW tv_q12 WITH (key = 'l_shipmode') AS
SELECT l_shipmode,
	jsonb_build_object(
		'l_shipmode', l_shipmode,
		'high_line_count', sum(CASE WHEN o_orderpriority = '1-URGENT'
			OR o_orderpriority = '2-HIGH' THEN 1 ELSE 0 END),
		'low_line_count', sum(CASE WHEN o_orderpriority <> '1-URGENT'
			AND o_orderpriority <> '2-HIGH' THEN 1 ELSE 0 END)) AS data
FROM orders, lineitem
WHERE o_orderkey = l_orderkey
	AND l_shipmode IN ('MAIL', 'SHIP')
	AND l_commitdate < l_receiptdate
	AND l_shipdate < l_commitdate
	AND l_receiptdate >= date '1994-01-01'
	AND l_receiptdate < date '1994-01-01' + interval '1' year
GROUP BY l_shipmode;
