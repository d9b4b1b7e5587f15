-- Q1, pricing summary report: what was shipped, by return flag and line status
CREATE TVIEW tv_q01 WITH (key = 'l_returnflag, l_linestatus') AS
SELECT l_returnflag, l_linestatus,
	jsonb_build_object(
		'l_returnflag', l_returnflag,
		'l_linestatus', l_linestatus,
		'sum_qty', sum(l_quantity),
		'sum_base_price', sum(l_extendedprice),
		'sum_disc_price', sum(l_extendedprice * (1 - l_discount)),
		'sum_charge', sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)),
		'avg_qty', avg(l_quantity),
		'avg_price', avg(l_extendedprice),
		'avg_disc', avg(l_discount),
		'count_order', count(*)) AS data
FROM lineitem
WHERE l_shipdate <= date '1998-12-01' - interval '90' day
GROUP BY l_returnflag, l_linestatus;
