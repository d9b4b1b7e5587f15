--
-- Window functions: a change concerns the whole partition, the old one and the new one.
--
\getenv dir PG_ABS_SRCDIR
\set check :dir '/sql/include/check.sql'
\i :check
CREATE SCHEMA windows;
SET search_path = windows, public;
CREATE TABLE team (team int PRIMARY KEY, name text);
CREATE TABLE score (no int PRIMARY KEY, team int, points int, player text);
INSERT INTO team VALUES (1, 'reds'), (2, 'blues');
INSERT INTO score SELECT n, n % 2 + 1, n * 10, 'p' || n % 3 FROM generate_series(1, 8) n;

CREATE TVIEW tv_rank WITH (key = 'no') AS
	SELECT no, team, rank() OVER (PARTITION BY team ORDER BY points DESC) AS place,
		sum(points) OVER (PARTITION BY team ORDER BY no ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS running FROM score;
CREATE TVIEW tv_joined WITH (key = 'no') AS
	SELECT s.no, t.name, row_number() OVER w AS n, lag(s.no) OVER w AS before, count(*) OVER (PARTITION BY s.team) AS size
	FROM score s JOIN team t USING (team) WINDOW w AS (PARTITION BY s.team ORDER BY s.no);
CREATE TVIEW tv_best WITH (key = 'team') AS
	SELECT team, no, points FROM (SELECT team, no, points, row_number() OVER (PARTITION BY team ORDER BY points DESC, no) AS n FROM score WHERE team IS NOT NULL) s WHERE n = 1;
CREATE TVIEW tv_two WITH (key = 'no') AS
	SELECT no, avg(points) OVER (PARTITION BY team, player) AS mean, max(points) OVER (PARTITION BY team) AS best FROM score;
CREATE TVIEW tv_groups WITH (key = 'team, player') AS
	SELECT team, coalesce(player, '-') AS player, sum(points) AS total, rank() OVER (PARTITION BY team ORDER BY sum(points) DESC) AS place FROM score WHERE team > 0 GROUP BY 1, 2;
CREATE TVIEW tv_all WITH (key = 'no', on_untraceable = 'recompute') AS SELECT no, rank() OVER (ORDER BY points) AS place FROM score;
\set all '\'tv_rank, tv_joined, tv_best, tv_two, tv_groups, tv_all\''
SELECT same(:all, 'creation');

SELECT remember('tv_rank') \g /dev/null
UPDATE score SET points = 100 WHERE no = 1;
SELECT equals('others of the partition', changed('tv_rank'), '1 3 5 7');
SELECT no, place, running FROM tv_rank WHERE team = 2 ORDER BY place;
SELECT same(:all, 'update');
SELECT remember('tv_joined') \g /dev/null
UPDATE score SET team = 1 WHERE no = 5;
SELECT equals('old and new partition', changed('tv_joined'), '1 2 3 4 5 6 7 8');
SELECT same(:all, 'moved');
DELETE FROM score WHERE no = 1;
INSERT INTO score VALUES (9, 2, 500, 'p9'), (10, NULL, 7, NULL), (11, NULL, 8, NULL);
SELECT team, no, points FROM tv_best ORDER BY team;
SELECT same(:all, 'deleted and inserted');
UPDATE score SET points = points + 1 WHERE team IS NULL;
SELECT same(:all, 'partition of NULLs');
UPDATE score SET team = 2 WHERE team IS NULL AND no = 10;
DELETE FROM score WHERE team IS NULL;
SELECT same(:all, 'partition of NULLs vanishes');
UPDATE team SET team = 3 WHERE team = 1;
SELECT same(:all, 'another team');
UPDATE score SET no = no + 100, team = team + 1, player = 'p';
SELECT same(:all, 'everything');
DELETE FROM score WHERE team = 3;
SELECT same(:all, 'a partition less');

-- a rank compared with a subquery says nothing of one row, but the subquery is traced
CREATE TVIEW tv_compared WITH (key = 'no') AS
	SELECT no, rank() OVER (PARTITION BY team ORDER BY points) IN (SELECT t.team FROM team t WHERE t.team = s.team) AS hit,
		(count(*) OVER (PARTITION BY player), team) IN (SELECT length(t.name), t.team FROM team t) AS long FROM score s;
SELECT traced('tv_compared');
UPDATE team SET name = 'x', team = team + 10 WHERE team = 2;
UPDATE score SET team = 3 WHERE no = 102;
SELECT same('tv_compared', 'ranks compared');
SELECT equals('no recomputation', (SELECT recomputes FROM pg_tviews_statistics WHERE tview = 'tv_compared'::regclass), 0);

SET client_min_messages = warning;
DROP SCHEMA windows CASCADE;
