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

done_testing();
