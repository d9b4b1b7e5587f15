--
-- Partitioned base tables: written through the root and directly, moved between, attached, detached.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA partitions;
SET search_path = partitions, public;
CREATE TABLE event (day int, no int, actor int, what text, PRIMARY KEY (day, no)) PARTITION BY RANGE (day);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (1) TO (10);
CREATE TABLE event_2 (junk text, what text, no int NOT NULL, actor int, day int NOT NULL);
ALTER TABLE event_2 DROP junk;
ALTER TABLE event ATTACH PARTITION event_2 FOR VALUES FROM (10) TO (20);
CREATE TABLE event_3 PARTITION OF event FOR VALUES FROM (20) TO (30) PARTITION BY LIST (no);
CREATE TABLE event_3_1 PARTITION OF event_3 FOR VALUES IN (1);
CREATE TABLE event_3_x PARTITION OF event_3 DEFAULT;
CREATE TABLE actor (actor int PRIMARY KEY, name text);
INSERT INTO actor VALUES (1, 'one'), (2, 'two');
INSERT INTO event SELECT n, n, n % 2 + 1, 'event ' || n FROM generate_series(1, 25, 3) n;
CREATE TVIEW tv_event WITH (key = 'day, no') AS SELECT day, no, what, name FROM event LEFT JOIN actor USING (actor);
CREATE TVIEW tv_actor WITH (key = 'actor') AS
	SELECT actor, name, (SELECT jsonb_agg(what ORDER BY day, no) FROM event e WHERE e.actor = a.actor) AS events FROM actor a;
SELECT same('tv_event, tv_actor', 'creation');

-- through the root
INSERT INTO event VALUES (2, 100, 1, 'root'), (12, 100, 1, 'root'), (22, 1, 1, 'root'), (23, 2, 2, 'root');
SELECT same('tv_event, tv_actor', 'insert');
UPDATE event SET what = what || '!' WHERE no = 100;
SELECT same('tv_event, tv_actor', 'update');
DELETE FROM event WHERE day = 12;
SELECT same('tv_event, tv_actor', 'delete');
-- directly
INSERT INTO event_2 (day, no, actor, what) VALUES (13, 200, 2, 'leaf');
UPDATE event_2 SET what = what || '?', actor = 3 - actor;
UPDATE event_3_x SET what = 'x';
DELETE FROM event_1 WHERE no = 1;
SELECT same('tv_event, tv_actor', 'leaves');
-- from one to another
SELECT remember('tv_event') \g /dev/null
UPDATE event SET day = day + 10 WHERE day = 2;
UPDATE event_3 SET no = 3 - no WHERE no IN (1, 2);
SELECT same('tv_event, tv_actor', 'moved between partitions');
UPDATE actor SET name = upper(name);
SELECT same('tv_event, tv_actor', 'actor');

-- TRUNCATE of a leaf, of a subtree
TRUNCATE event_1;
SELECT same('tv_event, tv_actor', 'leaf truncated');
TRUNCATE event_3;
SELECT same('tv_event, tv_actor', 'subtree truncated');

-- a new partition, created and attached with rows in it
CREATE TABLE event_4 PARTITION OF event FOR VALUES FROM (40) TO (50);
INSERT INTO event_4 VALUES (40, 1, 1, 'four');
INSERT INTO event VALUES (41, 1, 1, 'four');
SELECT same('tv_event, tv_actor', 'new partition');
TRUNCATE event_4;
SELECT same('tv_event, tv_actor', 'new partition truncated');
CREATE TABLE event_5 (LIKE event);
INSERT INTO event_5 VALUES (50, 1, 1, 'five'), (51, 2, 2, 'five');
SELECT remember('tv_event') \g /dev/null
ALTER TABLE event ATTACH PARTITION event_5 FOR VALUES FROM (50) TO (60);
SELECT equals('attached', changed('tv_event'), '+50,1 +51,2');
SELECT same('tv_event, tv_actor', 'attached');
UPDATE event_5 SET what = 'V';
SELECT same('tv_event, tv_actor', 'attached and updated');
ALTER TABLE event DETACH PARTITION event_5;
SELECT equals('detached', (SELECT count(*) FROM tv_event WHERE day >= 50), 0);
SELECT same('tv_event, tv_actor', 'detached');
SELECT remember('tv_event') \g /dev/null
INSERT INTO event_5 VALUES (52, 1, 1, 'alone');
UPDATE event_5 SET what = 'alone';
SELECT equals('detached and written', changed('tv_event'), 'none');
BEGIN;
ALTER TABLE event ATTACH PARTITION event_5 FOR VALUES FROM (50) TO (60);
SELECT same('tv_event, tv_actor', 'attached inside');
ROLLBACK;
SELECT same('tv_event, tv_actor', 'attach rolled back');
-- a partition dropped, and one that is a base table itself
INSERT INTO event VALUES (42, 1, 1, 'four');
DROP TABLE event_4;
SELECT same('tv_event, tv_actor', 'partition dropped');
CREATE TVIEW tv_leaf WITH (key = 'no') AS SELECT no, what FROM event_2;
INSERT INTO event VALUES (19, 900, 1, 'both');
UPDATE event SET day = day - 10 WHERE no = 900;
UPDATE event_2 SET what = 'leaf';
SELECT same('tv_leaf, tv_event, tv_actor', 'leaf as base table');
DROP TVIEW tv_event, tv_actor;
UPDATE event SET what = 'only the leaf';
SELECT same('tv_leaf', 'root without tviews');
DROP TVIEW tv_leaf;
SELECT equals('no triggers left', (SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
	WHERE relnamespace = 'partitions'::regnamespace AND NOT tgisinternal), 0);

-- names as long as they can be, one below the other and with the same beginning
SELECT format('CREATE TABLE %1$I (a int, b int) PARTITION BY LIST (a); CREATE TABLE %2$I PARTITION OF %1$I DEFAULT PARTITION BY LIST (b);
	CREATE TABLE %3$I PARTITION OF %2$I DEFAULT', repeat('n', 62) || 1, repeat('n', 62) || 2, repeat('n', 62) || 3)
\gexec
SELECT pg_tviews_create('tv_long' || n, format('SELECT a, b FROM partitions.%I', repeat('n', 62) || n), '{"key=a, b"}') FROM generate_series(1, 3) n \g /dev/null
SELECT format('INSERT INTO %I VALUES (1, 1), (2, 2); INSERT INTO %I VALUES (3, 3); INSERT INTO %I VALUES (4, 4)', repeat('n', 62) || 1, repeat('n', 62) || 2, repeat('n', 62) || 3)
\gexec
SELECT same('tv_long1, tv_long2, tv_long3', 'long names');
SELECT format('ALTER TABLE %I DETACH PARTITION %I', repeat('n', 62) || 1, repeat('n', 62) || 2)
\gexec
SELECT format('UPDATE %I SET b = b + 10; DELETE FROM %I WHERE a = 3', repeat('n', 62) || 2, repeat('n', 62) || 3)
\gexec
SELECT same('tv_long1, tv_long2, tv_long3', 'detached');

-- a partition that leaves is an ordinary table again
CREATE TABLE leaving (a int, b int) PARTITION BY LIST (a);
CREATE TABLE leaving1 PARTITION OF leaving FOR VALUES IN (1);
CREATE TVIEW tv_leaving WITH (key = 'a') AS SELECT a, sum(b) AS b FROM leaving GROUP BY a;
INSERT INTO leaving VALUES (1, 1);
ALTER TABLE leaving DETACH PARTITION leaving1;
SELECT equals('no triggers stay', (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'leaving1'::regclass), 0);
SELECT same('tv_leaving', 'left');

-- DETACH CONCURRENTLY commits before anybody is told
CREATE TABLE leaving2 PARTITION OF leaving FOR VALUES IN (2) PARTITION BY LIST (b);
CREATE TABLE leaving3 PARTITION OF leaving2 FOR VALUES IN (3);
INSERT INTO leaving VALUES (2, 3);
SELECT refused('DETACH CONCURRENTLY', '0A000', 'ALTER TABLE leaving DETACH PARTITION leaving2 CONCURRENTLY');
SELECT refused('DETACH CONCURRENTLY further below', '0A000', 'ALTER TABLE leaving2 DETACH PARTITION leaving3 CONCURRENTLY');
ALTER TABLE leaving2 DETACH PARTITION leaving3;
SELECT same('tv_leaving', 'detached below');
CREATE TABLE unread (a int) PARTITION BY LIST (a);
CREATE TABLE unread1 PARTITION OF unread FOR VALUES IN (1);
ALTER TABLE unread DETACH PARTITION unread1 CONCURRENTLY;
SELECT equals('a table that no tview reads', (SELECT count(*) FROM pg_inherits WHERE inhparent = 'unread'::regclass), 0);

-- a deferred foreign key that references the tview
CREATE TABLE post (post int, lang text) PARTITION BY LIST (lang);
CREATE TABLE post_en PARTITION OF post FOR VALUES IN ('en');
CREATE TABLE post_rest PARTITION OF post DEFAULT;
INSERT INTO post VALUES (1, 'en'), (2, 'de');
CREATE TVIEW tv_post WITH (key = 'post') AS SELECT post, lang FROM post;
CREATE TABLE favourite (post int REFERENCES tv_post DEFERRABLE INITIALLY DEFERRED);
INSERT INTO favourite VALUES (2);
ALTER TABLE post DETACH PARTITION post_en;
SELECT equals('the other row stays', (SELECT string_agg(post::text, ' ') FROM tv_post), '2');
ALTER TABLE post DETACH PARTITION post_rest; -- its row is referenced
SELECT same('tv_post', 'detached below a foreign key');

-- what a session does as a replica counts, too
SET session_replication_role = replica;
ALTER TABLE leaving2 ATTACH PARTITION leaving3 FOR VALUES IN (3);
ALTER TABLE leaving ATTACH PARTITION leaving1 FOR VALUES IN (1);
SELECT same('tv_leaving', 'attached as a replica');
DROP TABLE leaving1;
SELECT same('tv_leaving', 'dropped as a replica');
RESET session_replication_role;
UPDATE leaving SET a = a;
INSERT INTO leaving3 VALUES (2, 3);
SELECT same('tv_leaving', 'origin again');

SET client_min_messages = warning;
DROP SCHEMA partitions CASCADE;
