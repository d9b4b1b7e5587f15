"""What the generator has to make; a list, so that none is lost by a change of the shapes."""

REQUIRED = """
shape distinct_on; shape distinct; shape grouped; shape by_primary_key; shape windowed; shape set_operation; shape unnested
shape listed; shape placed; shape with_cte; shape using; shape rollup; subquery in FROM; reads a view or tview
GROUPING SETS; ROLLUP; CUBE; HAVING; FILTER; ordered-set aggregate; user-defined aggregate; DISTINCT in an aggregate
jsonb_agg ORDER BY; window; window over groups; UNION; UNION ALL; INTERSECT; INTERSECT ALL; EXCEPT; EXCEPT ALL
JOIN; LEFT JOIN; RIGHT JOIN; to-many FULL JOIN; to-many LEFT JOIN; to-many CROSS JOIN; nested join tree
USING JOIN; USING LEFT JOIN; USING RIGHT JOIN; USING FULL JOIN; NATURAL JOIN; NATURAL LEFT JOIN; NATURAL RIGHT JOIN
NATURAL FULL JOIN; join to a grouped subquery; LATERAL LIMIT 1; LATERAL LIMIT 2; LATERAL aggregate; LATERAL aggregate with HAVING
key made of two tables; place in the key; join by a derived column; grouping by an expression of a column
sublink ANY (ARRAY); DISTINCT ON, key of the row; windows that share a column; windows of different partitions; subquery in HAVING
scalar subquery with LIMIT; LIMIT in an aggregated subquery; aggregate in a scalar subquery; ARRAY(subquery)
sublink EXISTS; sublink NOT EXISTS; sublink IN; sublink NOT IN; sublink ANY; sublink ALL; sublink ROW IN; sublink ROW IN GROUP; sublink COMPARE
join by a scalar subquery; tied by a subquery: IN; tied by a subquery: NOT IN; tied by a subquery: EXISTS
tied by a subquery: scalar; tied by a subquery: first; tied by a subquery: ARRAY; tied by a subquery: count
tied by a subquery: unnest
set operation in a sublink; correlation by two columns; non-equi correlation; row comparison; CASE; whole row
VALUES; VALUES drives; SRF in the select list; unnest WITH ORDINALITY; jsonb_array_elements; generate_series LATERAL
CTE; CTE MATERIALIZED; CTE NOT MATERIALIZED; CTE MATERIALIZED twice; CTE twice; CTE used again
recompute: recursive CTE; recompute: uncorrelated aggregate; recompute: window without partition; recompute: LIMIT
function that reads tables; security_barrier; security_invoker; policy; policy that may read tables; restrictive policy; FORCE ROW LEVEL SECURITY
table: plain; table: partitioned; table: inherited; table: unlogged; table: foreign
column: generated; column: citext; column: collation; column: enum; column: domain; column: composite; column: array; column: range; unique column id
insert; update; delete; on_conflict; merge; writable_cte; copy; truncate; update_from; swap; block; write to a leaf
trigger: before_row; trigger: writes_other; READ COMMITTED; REPEATABLE READ; SERIALIZABLE
COMMIT; ROLLBACK; PREPARE; SAVEPOINT; ROLLBACK TO SAVEPOINT; RELEASE SAVEPOINT; read in the transaction
flush in a savepoint; ANALYZE
DDL: detach; DDL: rename_column; DDL: rename_table; DDL: rebuild_index; DDL: rewrite; DDL: replace; DDL: recreate
DDL: refresh; DDL: policy
"""


def required():
    return [name.strip() for line in REQUIRED.strip().splitlines() for name in line.split(";")]
