-- The refresh functions of TPC-H: new sales come in, as many old ones go. The oldest are those
-- with the lowest numbers.
CREATE PROCEDURE rf1(n int) LANGUAGE plpgsql AS $$
DECLARE
	newest int := (SELECT max(o_orderkey) FROM orders);
BEGIN
	INSERT INTO orders SELECT * FROM new_orders(newest + 1, newest + n);
	INSERT INTO lineitem SELECT * FROM new_lines(newest + 1, newest + n);
END $$;

CREATE PROCEDURE rf2(n int) LANGUAGE plpgsql AS $$
DECLARE
	oldest int[] := ARRAY(SELECT o_orderkey FROM orders ORDER BY o_orderkey LIMIT n);
BEGIN
	DELETE FROM lineitem WHERE l_orderkey = ANY (oldest);
	DELETE FROM orders WHERE o_orderkey = ANY (oldest);
END $$;
