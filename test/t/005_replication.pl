# Logical replication of base tables into tviews, of tviews into plain tables, and a hot standby.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use TviewTest;

my $publisher = tview_server('publisher');
my $subscriber = tview_server('subscriber');
my $tables = q{
	CREATE EXTENSION IF NOT EXISTS pg_tviews;
	CREATE TABLE tb_user (pk_user int PRIMARY KEY, name text);
	CREATE TABLE tb_post (pk_post int PRIMARY KEY, fk_user int, title text);
};
my $tview = q{
	CREATE TVIEW tv_post AS SELECT pk_post, fk_user, jsonb_build_object('title', title, 'author', name) AS data
		FROM tb_post JOIN tb_user ON pk_user = fk_user;
};

$publisher->safe_psql('postgres', $tables . q{
	INSERT INTO tb_user SELECT n, 'user ' || n FROM generate_series(1, 10) n;
	INSERT INTO tb_post SELECT n, n % 10 + 1, 'post ' || n FROM generate_series(1, 50) n;
	CREATE PUBLICATION base FOR TABLE tb_user, tb_post;
});
$subscriber->safe_psql('postgres', "$tables; $tview");
$subscriber->safe_psql('postgres', sprintf("CREATE SUBSCRIPTION base CONNECTION '%s dbname=postgres' PUBLICATION base", $publisher->connstr));
$subscriber->wait_for_subscription_sync($publisher, 'base');
is($subscriber->safe_psql('postgres', 'SELECT count(*) FROM tv_post'), 50, 'initial copy');
same_everywhere($subscriber, 'postgres', 'initial copy');

sub replicated
{
	my ($what, $sql) = @_;

	$publisher->safe_psql('postgres', $sql);
	$publisher->wait_for_catchup('base');
	same_everywhere($subscriber, 'postgres', $what);
}

replicated('update', q{UPDATE tb_user SET name = 'renamed' WHERE pk_user = 2});
is($subscriber->safe_psql('postgres', q{SELECT data ->> 'author' FROM tv_post WHERE pk_post = 1}), 'renamed', 'update: arrives');
replicated('transaction', q{
	BEGIN;
	INSERT INTO tb_user VALUES (11, 'new');
	UPDATE tb_post SET fk_user = 11 WHERE pk_post < 5;
	SAVEPOINT s; DELETE FROM tb_post; ROLLBACK TO s;
	DELETE FROM tb_post WHERE pk_post = 10;
	UPDATE tb_post SET pk_post = 1000 WHERE pk_post = 20;
	COMMIT;});
is($subscriber->safe_psql('postgres', 'SELECT count(*) FROM tv_post WHERE fk_user = 11'), 4, 'transaction: arrives');
replicated('TRUNCATE', 'TRUNCATE tb_post');
is($subscriber->safe_psql('postgres', 'SELECT count(*) FROM tv_post'), 0, 'TRUNCATE: arrives');
replicated('refilled', q{INSERT INTO tb_post SELECT n, n % 10 + 1, 'post ' || n FROM generate_series(1, 2000) n});

# a trigger on the tview may use foreign tables, where there are any; this one does not, and the worker goes on
$subscriber->safe_psql('postgres', q{
	CREATE FOREIGN DATA WRAPPER elsewhere;
	CREATE SERVER elsewhere FOREIGN DATA WRAPPER elsewhere;
	CREATE FOREIGN TABLE abroad (a int) SERVER elsewhere;
	CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
	CREATE TRIGGER look AFTER UPDATE ON tv_post FOR EACH ROW EXECUTE FUNCTION look();});
replicated('a trigger, and foreign tables', q{UPDATE tb_user SET name = 'triggered' WHERE pk_user = 9});

# a tview published as the table that it is
$publisher->safe_psql('postgres', "$tview; CREATE PUBLICATION documents FOR TABLE tv_post");
$subscriber->safe_psql('postgres', 'CREATE DATABASE copy');
$subscriber->safe_psql('copy', 'CREATE TABLE tv_post (pk_post int PRIMARY KEY, fk_user int, data jsonb, updated_at timestamptz)');
$subscriber->safe_psql('copy', sprintf("CREATE SUBSCRIPTION documents CONNECTION '%s dbname=postgres' PUBLICATION documents", $publisher->connstr));
$subscriber->wait_for_subscription_sync($publisher, 'documents', 'copy');
$publisher->safe_psql('postgres', q{UPDATE tb_user SET name = 'published' WHERE pk_user = 3; DELETE FROM tb_post WHERE pk_post = 7});
$publisher->wait_for_catchup('documents');
is($subscriber->safe_psql('copy', 'SELECT md5(string_agg(t::text, chr(10) ORDER BY pk_post)) FROM tv_post t'),
	$publisher->safe_psql('postgres', 'SELECT md5(string_agg(t::text, chr(10) ORDER BY pk_post)) FROM tv_post t'), 'documents replicated');

# a tview published to where it is a tview, too: it is computed there, whatever comes of it
$subscriber->safe_psql('postgres', 'CREATE DATABASE twice');
$subscriber->safe_psql('twice', "$tables; $tview");
# a worker has no statement_timeout, neither where it computes tviews
$subscriber->safe_psql('twice', q{
	CREATE FUNCTION slow(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
		$$ BEGIN PERFORM pg_sleep(0.6) WHERE current_setting('application_name') = 'both_sides' AND $1 = 'both'; RETURN $1; END $$;
	CREATE TVIEW tv_slow WITH (key = 'pk_user') AS SELECT pk_user, slow(name) AS name FROM tb_user;
	ALTER DATABASE twice SET statement_timeout = '500ms';});
$subscriber->safe_psql('twice', sprintf("CREATE SUBSCRIPTION both_sides CONNECTION '%s dbname=postgres' PUBLICATION base, documents", $publisher->connstr));
$subscriber->wait_for_subscription_sync($publisher, 'both_sides', 'twice');
same_everywhere($subscriber, 'twice', 'both: initial copy');
is($subscriber->safe_psql('twice', 'SELECT count(*) FROM tv_post'), $publisher->safe_psql('postgres', 'SELECT count(*) FROM tv_post'), 'both: all rows');
$publisher->safe_psql('postgres', q{
	UPDATE tb_user SET name = 'both' WHERE pk_user = 6;
	DELETE FROM tb_post WHERE pk_post = 8;
	UPDATE tb_post SET pk_post = 9999 WHERE pk_post = 9;
	INSERT INTO tb_post VALUES (10000, 6, 'both');});
$publisher->wait_for_catchup('both_sides');
same_everywhere($subscriber, 'twice', 'both: changes');
# a row that only the publisher's tview has does not become one here
$publisher->safe_psql('postgres', q{
	SET pg_tviews.allow_direct_writes = on;
	INSERT INTO tv_post VALUES (77777, 1, '{}');
	UPDATE tv_post SET data = '{}' WHERE pk_post = 12;
	DELETE FROM tv_post WHERE pk_post = 13;});
$publisher->wait_for_catchup('both_sides');
same_everywhere($subscriber, 'twice', 'both: written by hand');
$publisher->safe_psql('postgres', 'SET pg_tviews.allow_direct_writes = on; TRUNCATE tv_post');
$publisher->wait_for_catchup('both_sides');
is($subscriber->safe_psql('twice', 'SELECT count(*) > 100 FROM tv_post'), 't', 'both: truncated by hand');
same_everywhere($subscriber, 'twice', 'both: truncated by hand');
$publisher->safe_psql('postgres', q{SELECT pg_tviews_refresh('tv_post')});

# physical replication: readers on a standby, then promotion
my $standby = PostgreSQL::Test::Cluster->new('standby');
$publisher->backup('copy');
$standby->init_from_backup($publisher, 'copy', has_streaming => 1);
$standby->start;
$publisher->safe_psql('postgres', q{UPDATE tb_user SET name = 'standby' WHERE pk_user = 4});
$publisher->wait_for_catchup($standby, 'replay', $publisher->lsn('insert'));
is($standby->safe_psql('postgres', q{SELECT DISTINCT data ->> 'author' FROM tv_post WHERE fk_user = 4}), 'standby', 'standby reads');
same_everywhere($standby, 'postgres', 'standby');
my ($status, $out, $err) = $standby->psql('postgres', q{CREATE TVIEW tv_x WITH (key = 'pk_user') AS SELECT pk_user FROM tb_user});
like($err, qr/cannot execute CREATE TVIEW in a read-only transaction/, 'standby: CREATE TVIEW is refused');
$standby->promote;
$standby->safe_psql('postgres', q{UPDATE tb_user SET name = 'promoted' WHERE pk_user = 5});
same_everywhere($standby, 'postgres', 'promoted');
is($standby->safe_psql('postgres', q{SELECT DISTINCT data ->> 'author' FROM tv_post WHERE fk_user = 5}), 'promoted', 'promoted: maintained');

done_testing();
