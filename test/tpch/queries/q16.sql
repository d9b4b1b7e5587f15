-- Q16, parts/supplier relationship: suppliers without complaints for parts of some kinds
CREATE TVIEW tv_q16 WITH (key = 'p_brand, p_type, p_size') AS
SELECT p_brand, p_type, p_size,
	jsonb_build_object(
		'p_brand', p_brand,
		'p_type', p_type,
		'p_size', p_size,
		'supplier_cnt', count(DISTINCT ps_suppkey)) AS data
FROM partsupp, part
WHERE p_partkey = ps_partkey
	AND p_brand <> 'Brand#45'
	AND p_type NOT LIKE 'MEDIUM POLISHED%'
	AND p_size IN (49, 14, 23, 45, 19, 3, 36, 9)
	AND ps_suppkey NOT IN (
		SELECT s_suppkey
		FROM supplier
		WHERE s_comment LIKE '%Customer%Complaints%')
GROUP BY p_brand, p_type, p_size;
