--
-- Subtransactions: savepoints, exception blocks, flushes inside of them, cursors across them.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA savepoints;
SET search_path = savepoints, public;
CREATE TABLE t (a int PRIMARY KEY, b text);
INSERT INTO t SELECT n, 'b' || n FROM generate_series(1, 5) n;
CREATE TVIEW tv_t WITH (key = 'a') AS SELECT a, b FROM t;
CREATE FUNCTION rows() RETURNS text LANGUAGE sql AS $$ SELECT string_agg(a || b, ' ' ORDER BY a) FROM tv_t $$;

-- nothing read in between
BEGIN;
UPDATE t SET b = 'A' WHERE a = 1;
SAVEPOINT s;
UPDATE t SET b = 'B' WHERE a = 2;
ROLLBACK TO s;
UPDATE t SET b = 'C' WHERE a = 3;
COMMIT;
SELECT rows();
SELECT same('tv_t', 'ROLLBACK TO');

-- a flush inside the savepoint is undone; what was pending before it is applied again
BEGIN;
UPDATE t SET b = 'AA' WHERE a = 1;
SAVEPOINT s;
UPDATE t SET b = 'BB' WHERE a = 2;
SELECT rows();
ROLLBACK TO s;
SELECT rows();
SELECT same('tv_t', 'flush undone');
COMMIT;
SELECT same('tv_t', 'flush undone, commit');
BEGIN;
UPDATE t SET b = 'aa' WHERE a = 1;
SAVEPOINT s;
SELECT rows();
ROLLBACK TO s;
COMMIT;
SELECT equals('flush undone, not read again', (SELECT b FROM tv_t WHERE a = 1), 'aa');

-- released savepoints, and their changes undone from further out
BEGIN;
SAVEPOINT a;
UPDATE t SET b = '1' WHERE a = 1;
SAVEPOINT b;
UPDATE t SET b = '2' WHERE a = 2;
RELEASE b;
SELECT rows();
SAVEPOINT c;
DELETE FROM t WHERE a = 5;
SELECT rows();
RELEASE c;
UPDATE t SET b = '4' WHERE a = 4;
ROLLBACK TO a;
UPDATE t SET b = '3' WHERE a = 3;
COMMIT;
SELECT rows();
SELECT same('tv_t', 'nested');

-- PL/pgSQL
DO $$
BEGIN
	UPDATE t SET b = 'x' WHERE a = 1;
	FOR i IN 1 .. 5 LOOP
		BEGIN
			UPDATE t SET b = b || i;
			IF i % 2 = 0 THEN PERFORM rows(); END IF;
			IF i > 2 THEN RAISE 'undo'; END IF;
		EXCEPTION WHEN raise_exception THEN
			INSERT INTO t VALUES (i * 10, 'i');
			IF i = 4 THEN PERFORM rows(); END IF;
		END;
	END LOOP;
END
$$;
SELECT rows();
SELECT same('tv_t', 'exception blocks');
DO $$
BEGIN
	UPDATE t SET b = 'y' WHERE a = 1;
	BEGIN
		PERFORM FROM tv_t;
		BEGIN
			UPDATE t SET b = 'z';
			PERFORM FROM tv_t;
			RAISE 'inner';
		EXCEPTION WHEN raise_exception THEN NULL;
		END;
		PERFORM FROM tv_t;
		RAISE 'outer';
	EXCEPTION WHEN raise_exception THEN NULL;
	END;
END
$$;
SELECT same('tv_t', 'nested exception blocks');
-- an error of maintenance itself, caught
CREATE TVIEW tv_divided WITH (key = 'a') AS SELECT a, 100 / (a - 500) AS d FROM t;
DO $$
BEGIN
	UPDATE t SET b = 'before';
	BEGIN
		INSERT INTO t VALUES (500, 'poison');
		PERFORM FROM tv_divided;
	EXCEPTION WHEN division_by_zero THEN
		INSERT INTO t VALUES (51, 'caught');
	END;
END
$$;
SELECT same('tv_t, tv_divided', 'caught error of maintenance');
-- and maintenance goes on in this session
UPDATE t SET b = 'goes on' WHERE a = 1;
SELECT same('tv_t, tv_divided', 'goes on');
INSERT INTO t VALUES (500, 'poison');
INSERT INTO t VALUES (52, 'goes on');
SELECT same('tv_t, tv_divided', 'goes on after a failed commit');
DROP TVIEW tv_divided;

-- procedures that commit and roll back
CREATE PROCEDURE steps() LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 100 .. 105 LOOP
		INSERT INTO t VALUES (i, 'step');
		IF i % 3 = 0 THEN PERFORM rows(); END IF;
		IF i % 2 = 0 THEN COMMIT; ELSE ROLLBACK; END IF;
	END LOOP;
	INSERT INTO t VALUES (106, 'last');
END
$$;
CALL steps();
SELECT string_agg(a::text, ' ' ORDER BY a) FROM tv_t WHERE a >= 100;
SELECT same('tv_t', 'procedure');

-- created in a subtransaction that rolls back
BEGIN;
SAVEPOINT s;
CREATE TVIEW tv_s WITH (key = 'a') AS SELECT a FROM t;
UPDATE t SET a = a + 1000 WHERE a = 1;
SELECT same('tv_s', 'inside');
ROLLBACK TO s;
UPDATE t SET b = 'after' WHERE a = 2;
DROP TVIEW tv_t;
ROLLBACK TO s;
UPDATE t SET b = 'after' WHERE a = 3;
COMMIT;
SELECT same('tv_t', 'CREATE and DROP rolled back');

-- what a released savepoint changed adds to what its parent changed: rows, and parts of documents
CREATE TABLE doc (a int PRIMARY KEY, one text, two text);
INSERT INTO doc SELECT n, 'one', 'two' FROM generate_series(1, 4) n;
CREATE TVIEW tv_doc WITH (key = 'a') AS SELECT a, jsonb_build_object('one', one, 'two', two) AS data FROM doc;
BEGIN;
UPDATE doc SET one = 'first' WHERE a <= 2;
SAVEPOINT s;
UPDATE doc SET two = 'second' WHERE a >= 2;
RELEASE s;
COMMIT;
SELECT a, data FROM tv_doc ORDER BY a;
SELECT same('tv_doc', 'RELEASE of other parts');

-- and what changes after a flush in a released savepoint is not taken for flushed
BEGIN;
UPDATE doc SET one = 'before' WHERE a = 1;
SAVEPOINT s;
SELECT data FROM tv_doc WHERE a = 1;
RELEASE s;
UPDATE doc SET one = 'after' WHERE a = 3;
COMMIT;
SELECT same('tv_doc', 'a change after a flush in a released savepoint');

SET client_min_messages = warning;
DROP SCHEMA savepoints CASCADE;
