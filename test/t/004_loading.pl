# How the library is loaded, and more than one database.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use TviewTest;

my $create = q{CREATE TVIEW tv_x WITH (key = 'a') AS SELECT a FROM x};

# two databases, the extension in one of them
my $node = tview_server('preloaded');
make_blog($node, 'postgres');
$node->safe_psql('postgres', 'CREATE DATABASE without');
$node->safe_psql('without', 'CREATE TABLE x (a int PRIMARY KEY)');
my ($status, $out, $err) = $node->psql('without', $create);
like($err, qr/extension pg_tviews is not created in this database/, 'no extension: the statement says so');
like($err, qr/CREATE EXTENSION pg_tviews/, 'no extension: and what to do');
($status, $out, $err) = $node->psql('without', 'DROP TVIEW tv_x');
like($err, qr/extension pg_tviews is not created/, 'no extension: DROP');
is($node->safe_psql('without', q{SET pg_tviews.create_table_as = on; CREATE TABLE tv_y AS SELECT 1 AS pk_y; SELECT count(*) FROM tv_y}), 1,
	'no extension: CREATE TABLE AS');
make_blog($node, 'without');
write_blog($node, 'without', 1);
is_maintained($node, 'postgres', 'first database', 2);
is_maintained($node, 'without', 'second database', 3);
$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE without');
is_maintained($node, 'copy', 'copied database', 4);
# in a schema of its own
$node->safe_psql('postgres', 'CREATE DATABASE schema');
$node->safe_psql('schema', q{CREATE SCHEMA "Ext"; CREATE EXTENSION pg_tviews SCHEMA "Ext"; ALTER DATABASE schema SET search_path = public, "Ext"});
make_blog($node, 'schema');
is_maintained($node, 'schema', 'extension in another schema', 5);
is($node->safe_psql('schema', q{SET search_path = public; UPDATE tb_user SET name = 'x' WHERE pk_user = 1; SELECT data ->> 'name' FROM tv_user WHERE pk_user = 1}),
	'x', 'extension in another schema: not in the search path');
# the extension goes, the tables stay
$node->safe_psql('copy', 'DROP EXTENSION pg_tviews CASCADE');
is($node->safe_psql('copy', q{UPDATE tb_user SET name = 'free' WHERE pk_user = 1; SELECT count(*) FROM tv_post; SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'pg_tviews%'}),
	$node->safe_psql('copy', 'SELECT count(*) FROM tb_post') . "\n0", 'DROP EXTENSION CASCADE leaves plain tables');

# without preloading: everything but the statements
my $plain = PostgreSQL::Test::Cluster->new('plain');
$plain->init;
$plain->start;
$plain->safe_psql('postgres', q{
	CREATE EXTENSION pg_tviews;
	CREATE TABLE x (a int PRIMARY KEY, b text);
	INSERT INTO x VALUES (1, 'one');
	SELECT pg_tviews_create('tv_x', 'SELECT a, b FROM x', '{key=a}');
	SELECT pg_tviews_create('tv_over', 'SELECT a, upper(b) AS b FROM tv_x', '{key=a}');
});
($status, $out, $err) = $plain->psql('postgres', $create);
like($err, qr/syntax error/, 'not preloaded: no statement');
$plain->safe_psql('postgres', q{INSERT INTO x VALUES (2, 'two')});
is($plain->safe_psql('postgres', 'SELECT a, b FROM tv_over ORDER BY a'), "1|ONE\n2|TWO", 'not preloaded: maintained');
is($plain->safe_psql('postgres', q{BEGIN; UPDATE x SET b = 'mine' WHERE a = 1; SELECT b FROM tv_over WHERE a = 1; ROLLBACK}), 'MINE',
	'not preloaded: own changes are seen');
is($plain->safe_psql('postgres', q{BEGIN; TRUNCATE x; SELECT count(*) FROM tv_over; COMMIT; SELECT count(*) FROM tv_x}), "0\n0", 'not preloaded: TRUNCATE');
$plain->safe_psql('postgres', q{INSERT INTO x VALUES (3, 'three'); ALTER TABLE x RENAME b TO bb; UPDATE x SET bb = 'four'});
is($plain->safe_psql('postgres', 'SELECT b FROM tv_over'), 'FOUR', 'not preloaded: DDL');
($status, $out, $err) = $plain->psql('postgres', 'DELETE FROM tv_x');
like($err, qr/cannot change tview/, 'not preloaded: guarded');
my $table_as = q{CREATE TABLE tv_z AS SELECT a AS pk_z, jsonb_build_object('b', bb) AS data FROM x};
($status, $out, $err) = $plain->psql('postgres', "SET pg_tviews.create_table_as = on; $table_as", on_error_stop => 1);
like($err, qr/not loaded when .* began.*HINT:.*preload/s, 'not preloaded: CREATE TABLE AS is not taken for a tview unseen');
is($plain->safe_psql('postgres', "LOAD 'pg_tviews'; SET pg_tviews.create_table_as = on; $table_as; SELECT count(*) FROM pg_tview_meta WHERE entity = 'z'"), 1,
	'LOAD: CREATE TABLE AS');
$plain->safe_psql('postgres', q{DROP TABLE x CASCADE});
is($plain->safe_psql('postgres', 'SELECT count(*) FROM pg_tview_meta'), 0, 'not preloaded: DROP');

$plain->safe_psql('postgres', q{
	CREATE TABLE x (a int PRIMARY KEY);
	SELECT pg_tviews_create('tv_below', 'SELECT a FROM x', '{key=a}');
	SELECT pg_tviews_create('tv_over', 'SELECT a FROM v_below', '{key=a}');
});
$plain->safe_psql('postgres', 'DROP TABLE tv_below, tv_over');
is($plain->safe_psql('postgres', q{SELECT count(*) FROM pg_tview_meta; SELECT count(*) FROM pg_class WHERE relname IN ('v_below', 'v_over')}), "0\n0",
	'not preloaded: DROP TABLE of a tview and one that reads its view');
$plain->safe_psql('postgres', q{SELECT pg_tviews_create('tv_below', 'SELECT a FROM x', '{key=a}')});
$plain->safe_psql('postgres', 'ALTER TABLE tv_below RENAME TO tv_renamed');
is($plain->safe_psql('postgres', 'SELECT view FROM pg_tview_meta'), 'v_renamed', 'not preloaded: ALTER TABLE takes the view along');
($status, $out, $err) = $plain->psql('postgres', 'ALTER VIEW v_renamed RENAME TO v_old');
like($err, qr/cannot rename or move view "v_renamed"/, 'not preloaded: the view cannot go alone');
$plain->safe_psql('postgres', 'DROP TABLE x CASCADE');

# preloaded by the session
$plain->append_conf('postgresql.conf', "session_preload_libraries = 'pg_tviews'");
$plain->reload;
make_blog($plain, 'postgres');
is_maintained($plain, 'postgres', 'session_preload_libraries', 1);
$plain->safe_psql('postgres', q{ALTER SYSTEM RESET session_preload_libraries});
$plain->append_conf('postgresql.conf', "session_preload_libraries = ''");
$plain->reload;
is($plain->safe_psql('postgres', q{LOAD 'pg_tviews'; CREATE TABLE x (a int PRIMARY KEY)}) . $plain->safe_psql('postgres',
	qq{LOAD 'pg_tviews'; $create; SELECT count(*) FROM pg_tview_meta WHERE entity = 'x'}), 1, 'LOAD');
is_maintained($plain, 'postgres', 'no longer preloaded', 2);

# beside a library that counts statements, which sees those for tviews if it is loaded later
SKIP:
{
	skip 'no pg_stat_statements', 1
	  unless $plain->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_stat_statements'});
	my $counting = tview_server('counting', q{shared_preload_libraries = 'pg_tviews, pg_stat_statements'});
	$counting->safe_psql('postgres', qq{CREATE EXTENSION pg_tviews; CREATE EXTENSION pg_stat_statements; CREATE TABLE x (a int PRIMARY KEY);
		$create; ALTER TVIEW tv_x RENAME TO tv_y; DROP TVIEW tv_y});
	is($counting->safe_psql('postgres', q{SELECT query FROM pg_stat_statements WHERE query ~ 'TVIEW' ORDER BY 1}),
		"ALTER TVIEW tv_x RENAME TO tv_y\n$create\nDROP TVIEW tv_y", 'pg_stat_statements');
}

done_testing();
