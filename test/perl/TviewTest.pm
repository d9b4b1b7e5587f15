# What the TAP tests share: servers with pg_tviews, a schema to test with, and the oracle.
package TviewTest;

use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(tview_server make_blog write_blog same_everywhere is_maintained);

# tview_server(name, configuration line...): a started server, the library preloaded.
sub tview_server
{
	my ($name, @conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(allows_streaming => 'logical');
	$node->append_conf('postgresql.conf', join("\n",
		"shared_preload_libraries = 'pg_tviews'", 'max_prepared_transactions = 10',
		'fsync = off', 'pg_tviews.verify_patches = on', @conf, ''));
	$node->start;
	return $node;
}

# Tables and tviews of every kind that a dump or a restart may find hard.
sub make_blog
{
	my ($node, $db) = @_;

	$node->safe_psql($db, q{
		CREATE EXTENSION IF NOT EXISTS pg_tviews;
		CREATE SCHEMA "Web Site";
		CREATE TABLE tb_user (pk_user int PRIMARY KEY, id uuid UNIQUE DEFAULT gen_random_uuid(), name text, at timestamptz DEFAULT '2024-01-01 12:00Z');
		CREATE TABLE tb_post (pk_post int NOT NULL, fk_user int, title text) PARTITION BY RANGE (pk_post);
		CREATE TABLE post_1 PARTITION OF tb_post FOR VALUES FROM (0) TO (50);
		CREATE TABLE post_2 PARTITION OF tb_post DEFAULT;
		ALTER TABLE post_1 ADD PRIMARY KEY (pk_post);	-- pg_dump --clean cannot drop inherited constraints
		ALTER TABLE post_2 ADD PRIMARY KEY (pk_post);
		CREATE TABLE tb_comment (pk_comment serial PRIMARY KEY, fk_post int, text text, dropped int);
		ALTER TABLE tb_comment DROP dropped;
		CREATE VIEW comment_list AS SELECT fk_post, jsonb_agg(text ORDER BY pk_comment) AS comments FROM tb_comment GROUP BY fk_post;
		INSERT INTO tb_user (pk_user, name) SELECT n, 'user ' || n FROM generate_series(1, 10) n;
		INSERT INTO tb_post SELECT n, n % 10 + 1, 'post ' || n FROM generate_series(1, 100) n;
		INSERT INTO tb_comment (fk_post, text) SELECT n % 100 + 1, 'comment ' || n FROM generate_series(1, 300) n;
		CREATE TVIEW tv_user AS SELECT pk_user, id, jsonb_build_object('name', name, 'at', at) AS data FROM tb_user;
		CREATE TVIEW tv_post AS
			SELECT pk_post, fk_user, u.id AS user_id, jsonb_build_object('title', title, 'author', u.data, 'comments', comments) AS data
			FROM tb_post JOIN v_user u ON pk_user = fk_user LEFT JOIN comment_list ON fk_post = pk_post;
		CREATE TVIEW "Web Site"."tv_Front Page" WITH (key = 'pk_user') AS
			SELECT u.pk_user, u.data ->> 'name' AS "Name", (SELECT count(*) FROM tv_post p WHERE p.fk_user = u.pk_user) AS posts FROM tv_user u;
		CREATE TVIEW aa_rank WITH (key = 'pk_user', on_untraceable = 'recompute') AS
			SELECT pk_user, rank() OVER (ORDER BY posts DESC, pk_user) AS place FROM "Web Site"."tv_Front Page";
		CREATE FUNCTION comments_of(int) RETURNS bigint LANGUAGE sql STABLE
			AS 'SELECT count(*) FROM public.tb_comment WHERE fk_post = $1';
		CREATE TVIEW tv_counted WITH (key = 'pk_user', reads = 'public.tb_comment') AS
			SELECT pk_user, comments_of(pk_user) AS comments FROM tv_user;
		CREATE TVIEW tv_late WITH (key = 'pk_user') AS SELECT pk_user, name FROM tb_user WITH NO DATA;
		CREATE INDEX own_index ON tv_post USING gin (data);
		GRANT SELECT ON tv_post TO PUBLIC;
		ALTER TABLE tv_user ENABLE ROW LEVEL SECURITY;
		CREATE POLICY everyone ON tv_user USING (true);
	});
}

# Changes of every table, different for each $n.
sub write_blog
{
	my ($node, $db, $n) = @_;

	$node->safe_psql($db, qq{
		BEGIN;
		INSERT INTO tb_user (pk_user, name) VALUES (1000 + $n, 'new $n');
		UPDATE tb_user SET name = name || ' $n' WHERE pk_user <= 5;
		INSERT INTO tb_post VALUES (1000 + $n, 1000 + $n, 'new');
		UPDATE tb_post SET fk_user = fk_user % 10 + 1 WHERE pk_post % 7 = 0 AND fk_user <= 10;
		DELETE FROM tb_comment WHERE pk_comment % 17 = $n;
		INSERT INTO tb_comment (fk_post, text) VALUES (1000 + $n, 'c $n'), (1, 'c $n');
		COMMIT;
	});
}

# Does every populated tview of the database equal its definition? One check.
sub same_everywhere
{
	my ($node, $db, $what, $count) = @_;
	my $tviews = $node->safe_psql($db, q{
		SELECT string_agg(format('SELECT %L, count(*) FROM ((SELECT t::text FROM (SELECT %s FROM %s) t EXCEPT ALL SELECT t::text FROM (SELECT %2$s FROM %4$s) t)
			UNION ALL (SELECT t::text FROM (SELECT %2$s FROM %4$s) t EXCEPT ALL SELECT t::text FROM (SELECT %2$s FROM %3$s) t)) d HAVING count(*) > 0',
			tview, columns, tview, view), ' UNION ALL ')
		FROM pg_tview_meta m, LATERAL (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns
			FROM pg_attribute WHERE attrelid = view AND attnum > 0) c WHERE populated});
	my $different = $tviews eq '' ? '' : $node->safe_psql($db, $tviews);

	$different = 'other number of tviews' if defined $count
	  && $node->safe_psql($db, 'SELECT count(*) FROM pg_tview_meta') != $count;
	is($different, '', "$what: tviews equal their definitions");
}

# Equal now, and still so after changes.
sub is_maintained
{
	my ($node, $db, $what, $n) = @_;

	same_everywhere($node, $db, $what);
	write_blog($node, $db, $n);
	is($node->safe_psql($db, "SELECT data #>> '{author,name}' FROM tv_post WHERE pk_post = 1000 + $n"),
		"new $n", "$what: a change arrives");
	same_everywhere($node, $db, "$what, then changes");
}

1;
