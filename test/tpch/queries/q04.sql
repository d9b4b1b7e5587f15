-- Q4, order priority checking: late orders of a quarter, by priority
CREATE TVIEW tv_q04 WITH (key = 'o_orderpriority') AS
SELECT o_orderpriority,
	jsonb_build_object(
		'o_orderpriority', o_orderpriority,
		'order_count', count(*)) AS data
FROM orders
WHERE o_orderdate >= date '1993-07-01'
	AND o_orderdate < date '1993-07-01' + interval '3' month
	AND EXISTS (
		SELECT *
		FROM lineitem
		WHERE l_orderkey = o_orderkey
			AND l_commitdate < l_receiptdate)
GROUP BY o_orderpriority;
