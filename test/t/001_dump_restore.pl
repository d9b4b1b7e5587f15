# A dump taken with stock pg_dump and restored with stock programs gives working tviews.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use TviewTest;

my $node = tview_server('main');
my $dir = PostgreSQL::Test::Utils::tempdir;
my $n = 0;

make_blog($node, 'postgres');
write_blog($node, 'postgres', $n++);
same_everywhere($node, 'postgres', 'origin', 6);

# What a database looks like in terms of tviews, for comparison with the origin.
my $catalog = q{
	SELECT 'meta', tview::text, view::text, entity, key_columns::text, options::text, populated::text FROM pg_tview_meta
	UNION ALL SELECT 'reads', tview::text, reads::text, NULL, NULL, NULL, NULL FROM pg_tview_meta
	UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, tgenabled::text, tgfoid::regproc::text, NULL, NULL
	FROM pg_trigger WHERE NOT tgisinternal OR tgname LIKE 'pg_tviews%'
	UNION ALL SELECT 'index', tablename, indexname, indexdef, NULL, NULL, NULL FROM pg_indexes WHERE tablename LIKE '%tv\_%' OR tablename = 'aa_rank'
	UNION ALL SELECT 'depends', classid::regclass::text, deptype::text, refobjid::regclass::text, objid::regclass::text, NULL, NULL
	FROM pg_depend WHERE (classid, refclassid) = ('pg_class'::regclass, 'pg_class'::regclass) AND objid IN (SELECT tview FROM pg_tview_meta)
	ORDER BY 1, 2, 3, 4, 5};
my $origin = $node->safe_psql('postgres', $catalog);

sub restored
{
	my ($db, $what) = @_;

	is($node->safe_psql($db, $catalog), $origin, "$what: same catalog");
	is_maintained($node, $db, $what, $n++);
	is($node->safe_psql($db, 'SELECT count(*) FROM tv_late'), 0, "$what: WITH NO DATA stays empty");
	my ($status, $out, $err) = $node->psql($db, "UPDATE tv_user SET data = '{}'");
	like($err, qr/cannot change tview/, "$what: guarded");
	$node->safe_psql($db, 'DROP TVIEW tv_user CASCADE');
	is($node->safe_psql($db, "SELECT string_agg(tview::text, ' ') FROM pg_tview_meta"), 'tv_late', "$what: can be dropped");
}

sub pg_dump { $node->command_ok(['pg_dump', @_, 'postgres'], "pg_dump @_") }

sub restore_into
{
	my ($db, $program, @args) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->command_ok([$program, '-d', $db, @args], "$program @args");
}

pg_dump('-f', "$dir/plain.sql");
restore_into('plain', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/plain.sql");
restored('plain', 'plain');

pg_dump('-f', "$dir/inserts.sql", '--column-inserts', '--disable-triggers');
restore_into('inserts', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/inserts.sql");
restored('inserts', '--inserts');

pg_dump('-Fc', '-f', "$dir/custom");
restore_into('custom', 'pg_restore', '-e', "$dir/custom");
restored('custom', 'custom');

restore_into('single', 'pg_restore', '-1', "$dir/custom");
restored('single', 'single transaction');

pg_dump('-Fd', '-j', '3', '-f', "$dir/directory");
restore_into('parallel', 'pg_restore', '-e', '-j', '4', "$dir/directory");
restored('parallel', 'parallel');

# over what is there already
$node->safe_psql('postgres', 'CREATE DATABASE clean TEMPLATE postgres');
write_blog($node, 'clean', $n++);
$node->command_ok(['pg_restore', '-e', '--clean', '--if-exists', '-d', 'clean', "$dir/custom"], 'pg_restore --clean');
restored('clean', '--clean');

# schema first, data later
restore_into('twosteps', 'pg_restore', '-e', '--schema-only', "$dir/custom");
$node->command_ok(['pg_restore', '-e', '--data-only', '--disable-triggers', '-d', 'twosteps', "$dir/custom"], 'pg_restore --data-only');
restored('twosteps', 'schema, then data');

# with the triggers on, and in the order that foreign keys ask for
pg_dump('-s', '-f', "$dir/schema.sql");
pg_dump('-a', '-f', "$dir/data.sql");
restore_into('scripts', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/schema.sql", '-f', "$dir/data.sql");
restored('scripts', 'two scripts');

restore_into('twojobs', 'pg_restore', '-e', '--schema-only', "$dir/custom");
$node->command_ok(['pg_restore', '-e', '--data-only', '--disable-triggers', '-j', '4', '-d', 'twojobs', "$dir/directory"], 'pg_restore --data-only -j');
restored('twojobs', 'schema, then data in parallel');

restore_into('schema', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/schema.sql");
pg_dump('-a', '-t', 'public.pg_tview_meta', '-f', "$dir/meta.sql");
$node->command_ok(['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'schema', '-f', "$dir/meta.sql"], 'pg_tview_meta');
restored('schema', 'schema and pg_tview_meta');

# rows into tables that are there, with the triggers on and off
sub rows_into
{
	my ($db, @program) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $db");
	make_blog($node, $db);
	$node->safe_psql($db, 'TRUNCATE tb_user, tb_post, tb_comment');
	$node->command_ok([@program, '-d', $db], "@program into $db");
	restored($db, $db);
}
rows_into('rows', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/data.sql");
rows_into('rows_single', 'psql', '-X', '-1', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/data.sql");
rows_into('rows_off', 'pg_restore', '-e', '--data-only', '--disable-triggers', "$dir/custom");
rows_into('rows_off_jobs', 'pg_restore', '-e', '--data-only', '--disable-triggers', '-j', '4', "$dir/directory");
rows_into('rows_off_single', 'pg_restore', '-1', '--data-only', '--disable-triggers', "$dir/custom");

# of one table
restore_into('one', 'pg_restore', '-e', "$dir/custom");
$node->safe_psql('one', q{DELETE FROM tb_user; DELETE FROM tb_comment});
$node->command_ok(['pg_restore', '-e', '--data-only', '--disable-triggers', '-d', 'one', '-t', $_, "$dir/custom"], "pg_restore -t $_")
  for 'tb_user', 'tv_user', 'tb_comment';
restored('one', 'one table at a time');

restore_into('sections', 'pg_restore', '-e', '--section=pre-data', "$dir/custom");
$node->command_ok(['pg_restore', '-e', "--section=$_", '-d', 'sections', "$dir/custom"], "--section=$_") for qw(data post-data);
restored('sections', 'three sections');

# a whole cluster, as another owner of some of it
$node->safe_psql('postgres', q{
	CREATE ROLE regress_owner;
	GRANT CREATE, USAGE ON SCHEMA public TO regress_owner;
	GRANT SELECT, TRIGGER ON tb_user TO regress_owner;
	SET ROLE regress_owner;
	CREATE TVIEW tv_owned WITH (key = 'pk_user') AS SELECT pk_user, upper(name) AS name FROM tb_user;
});
$node->command_ok(['pg_dumpall', '-f', "$dir/all.sql"], 'pg_dumpall');
my $other = tview_server('other');
my ($out, $err) = ('', '');
IPC::Run::run(['psql', '-X', '-q', '-f', "$dir/all.sql", '-d', $other->connstr('postgres')], '>', \$out, '2>', \$err);
is(join("\n", grep { /ERROR/ && !/role "postgres" already exists/ } split /\n/, $err), '', 'restored into another cluster');
is_maintained($other, 'postgres', 'other cluster', $n++);
is($other->safe_psql('postgres', "SELECT relowner::regrole FROM pg_class WHERE relname IN ('tv_owned', 'v_owned')"),
	"regress_owner\nregress_owner", 'other cluster: owner');
is($other->safe_psql('postgres', 'SELECT count(*) FROM tv_owned WHERE name LIKE \'NEW%\''),
	$other->safe_psql('postgres', 'SELECT count(*) FROM tb_user WHERE name LIKE \'new%\''), 'other cluster: owned tview maintained');

# one schema without pg_tview_meta: nothing keeps its tviews, and nothing hides that
$node->safe_psql('postgres', q{
	CREATE SCHEMA app;
	CREATE TABLE app.x (a int PRIMARY KEY, b text);
	INSERT INTO app.x VALUES (1, 'one');
	CREATE TVIEW app.tv_x WITH (key = 'a') AS SELECT a, b FROM app.x;
});
pg_dump('-n', 'app', '-f', "$dir/app.sql");
$node->safe_psql('postgres', 'CREATE DATABASE app');
$node->safe_psql('app', 'CREATE EXTENSION pg_tviews');
$node->command_ok(['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'app', '-f', "$dir/app.sql"], 'psql of one schema');
$node->safe_psql('app', q{INSERT INTO app.x VALUES (2, 'two')});
is($node->safe_psql('app', 'SELECT concat_ws(\'|\', tview, severity, problem, hint) FROM pg_tviews_health() WHERE severity = \'error\''),
	"app.tv_x|error|it has the triggers of a tview, but pg_tview_meta does not know it: nothing keeps it|"
	. "Drop the table and its view, and create the tview again with CREATE TVIEW.", 'one schema: health of the table');
is($node->safe_psql('app', 'SELECT problem FROM pg_tviews_health() WHERE severity = \'warning\' ORDER BY 1'),
	"trigger pg_tviews_capture of table app.x serves no tview\ntrigger pg_tviews_truncate of table app.x serves no tview",
	'one schema: health of the base table');
my ($status, $stdout, $stderr) = $node->psql('app', q{INSERT INTO app.tv_x (a, b) VALUES (3, 'three')});
like($stderr, qr/"tv_x" is not kept by pg_tviews.*CREATE TVIEW/s, 'one schema: no writing');
$node->safe_psql('app', q{SET pg_tviews.allow_direct_writes = on; INSERT INTO app.tv_x (a, b) VALUES (3, 'three')});
$node->safe_psql('app', q{DROP TABLE app.tv_x; DROP VIEW app.v_x; CREATE TVIEW app.tv_x WITH (key = 'a') AS SELECT a, b FROM app.x});
is($node->safe_psql('app', 'SELECT count(*) FROM pg_tviews_health()'), 0, 'one schema: created again');
is($node->safe_psql('app', q{UPDATE app.x SET b = 'three' WHERE a = 2; SELECT a, b FROM app.tv_x ORDER BY a}), "1|one\n2|three", 'one schema: kept again');

done_testing();
