-- What happens to the tables, and after each change the comparison. Refresh functions of :orders
-- orders, then single rows, chosen such that the queries see them.
SELECT compare('creation');
SELECT meaningful();

CALL rf1(:orders);
SELECT compare('RF1');
CALL rf2(:orders);
SELECT compare('RF2');
CALL rf1(:orders);
SELECT compare('RF1 again');
CALL rf2(:orders);
SELECT compare('RF2 again');

UPDATE customer SET c_mktsegment = 'BUILDING' WHERE c_custkey = (
	SELECT o_custkey FROM orders JOIN lineitem ON l_orderkey = o_orderkey JOIN customer ON c_custkey = o_custkey
	WHERE o_orderdate < '1995-03-15' AND l_shipdate > '1995-03-15' AND c_mktsegment <> 'BUILDING'
	ORDER BY l_extendedprice DESC, o_orderkey LIMIT 1);
SELECT compare('the segment of a customer');
UPDATE customer SET c_nationkey = 2 WHERE c_custkey = (
	SELECT (data->>'c_custkey')::int FROM tv_q10 ORDER BY data->'revenue' DESC LIMIT 1);
SELECT compare('the nation of a customer');
UPDATE customer SET c_acctbal = 9000, c_phone = '13' || substr(c_phone, 3) WHERE c_custkey = (
	SELECT min(c_custkey) FROM customer WHERE NOT EXISTS (SELECT FROM orders WHERE o_custkey = c_custkey));
SELECT compare('balance and phone of a customer without orders');
DELETE FROM customer WHERE c_custkey = (
	SELECT max(c_custkey) FROM customer WHERE NOT EXISTS (SELECT FROM orders WHERE o_custkey = c_custkey));
SELECT compare('a customer less');

UPDATE nation SET n_name = 'DEUTSCHLAND' WHERE n_name = 'GERMANY';
SELECT compare('a nation has another name');
UPDATE nation SET n_name = 'GERMANY' WHERE n_name = 'DEUTSCHLAND';
SELECT compare('and the old one again');
UPDATE nation SET n_regionkey = 2 WHERE n_name = 'BRAZIL';
SELECT compare('a nation in another region');
UPDATE region SET r_name = CASE r_name WHEN 'ASIA' THEN 'EUROPE' WHEN 'EUROPE' THEN 'AMERICA' ELSE 'ASIA' END
	WHERE r_name IN ('AMERICA', 'ASIA', 'EUROPE');
SELECT compare('three regions exchange their names');

UPDATE supplier SET s_comment = 'Customer after customer: Complaints' WHERE s_suppkey = 1;
SELECT compare('the comment of a supplier');
UPDATE supplier SET s_name = 'Supplier', s_nationkey = 3 WHERE s_suppkey = (SELECT s_suppkey FROM tv_q15 LIMIT 1);
SELECT compare('name and nation of a supplier');
UPDATE supplier SET s_nationkey = 20 WHERE s_suppkey = (
	SELECT l_suppkey FROM lineitem JOIN orders ON o_orderkey = l_orderkey WHERE o_orderstatus = 'F'
	GROUP BY l_suppkey ORDER BY count(*) DESC, l_suppkey LIMIT 1);
SELECT compare('the nation of a supplier');

UPDATE part SET p_size = 15, p_type = 'SMALL PLATED BRASS' WHERE p_partkey = (
	SELECT min(ps_partkey) FROM partsupp JOIN supplier ON s_suppkey = ps_suppkey
		JOIN nation ON n_nationkey = s_nationkey JOIN region ON r_regionkey = n_regionkey
	WHERE r_name = 'EUROPE');
SELECT compare('size and type of a part');
UPDATE part SET p_brand = 'Brand#23', p_container = 'MED BOX', p_type = 'PROMO BRUSHED TIN', p_size = 9
	WHERE p_partkey = (
	SELECT min(l_partkey) FROM lineitem WHERE l_shipdate >= '1995-09-01' AND l_shipdate < '1995-10-01');
SELECT compare('brand and container of a part');
UPDATE part SET p_name = 'forest green' WHERE p_partkey % 7 = 0;
SELECT compare('names of many parts');
UPDATE partsupp SET ps_supplycost = ps_supplycost / 2, ps_availqty = ps_availqty + 5000
	WHERE (ps_partkey, ps_suppkey) IN (SELECT l_partkey, l_suppkey FROM lineitem ORDER BY l_orderkey LIMIT 20);
SELECT compare('cost and stock of some parts');

UPDATE orders SET o_orderpriority = '1-URGENT', o_comment = 'special requests'
	WHERE o_orderkey IN (SELECT l_orderkey FROM lineitem
		WHERE l_shipmode = 'MAIL' AND l_commitdate < l_receiptdate AND l_shipdate < l_commitdate
			AND l_receiptdate >= '1994-01-01' AND l_receiptdate < '1995-01-01'
		ORDER BY l_orderkey LIMIT 3);
SELECT compare('priority and comment of some orders');
UPDATE orders SET o_orderdate = '1995-03-01', o_custkey = (SELECT max(o_custkey) FROM orders)
	WHERE o_orderkey = (SELECT max(o_orderkey) FROM tv_q18);
SELECT compare('date and customer of an order');
UPDATE lineitem SET l_quantity = 1, l_discount = 0.06, l_shipdate = '1994-05-01'
	WHERE (l_orderkey, l_linenumber) IN (
		SELECT l_orderkey, l_linenumber FROM lineitem JOIN part ON p_partkey = l_partkey
		WHERE p_container = 'MED BOX' AND p_brand = 'Brand#23' ORDER BY 1, 2 LIMIT 2);
SELECT compare('quantity, discount and date of some lines');
UPDATE lineitem SET l_quantity = 15, l_shipmode = 'AIR', l_shipinstruct = 'DELIVER IN PERSON'
	WHERE l_partkey = (SELECT min(p_partkey) FROM part WHERE p_brand = 'Brand#23' AND p_size <= 10
		AND p_container LIKE 'MED %');
SELECT compare('ship mode of the lines of a part');
UPDATE lineitem SET l_orderkey = (SELECT min(o_orderkey) FROM orders), l_linenumber = 100,
		l_receiptdate = l_commitdate + 1
	WHERE (l_orderkey, l_linenumber) = (SELECT l_orderkey, l_linenumber FROM lineitem ORDER BY 1 DESC, 2 LIMIT 1);
SELECT compare('a line of another order');

BEGIN;
CALL rf1(:orders);
UPDATE nation SET n_name = 'GERMANY II' WHERE n_name = 'GERMANY';
SELECT compare('in a transaction, RF1');
SAVEPOINT deleted;
CALL rf2(:orders);
SELECT compare('in a transaction, RF2');
ROLLBACK TO deleted;
SELECT compare('in a transaction, rolled back to a savepoint');
TRUNCATE lineitem;
SELECT compare('in a transaction, TRUNCATE');
ROLLBACK;
SELECT compare('rolled back');
SELECT all_changed();
