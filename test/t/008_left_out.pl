# A dump that leaves out rows, or tables, of some tviews or base tables gives right tviews, too.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use TviewTest;

my $node = tview_server('main');
my $dir = PostgreSQL::Test::Utils::tempdir;
my $n = 0;

# Others may own tviews: what they may read, a dump says last.
$node->safe_psql('postgres', 'CREATE ROLE regress_reader');
make_blog($node, 'postgres');
write_blog($node, 'postgres', $n++);
$node->safe_psql('postgres', q{
	CREATE SCHEMA store;
	CREATE TABLE store.item (a int PRIMARY KEY, b text);
	CREATE TABLE store.none (a int);
	INSERT INTO store.item VALUES (1, 'one');
	CREATE SCHEMA other;
	GRANT USAGE, CREATE ON SCHEMA other TO regress_reader;
	GRANT USAGE ON SCHEMA store TO regress_reader;
	GRANT SELECT, TRIGGER ON ALL TABLES IN SCHEMA store TO regress_reader;
	SET ROLE regress_reader;
	CREATE TVIEW other.tv_item WITH (key = 'a') AS SELECT a, b, (SELECT count(*) FROM store.none n WHERE n.a = i.a) FROM store.item i;
});

sub in_order
{
	my ($db, @options) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->command_ok(['pg_dump', @options, '-f', "$dir/$db.sql", 'postgres'], "pg_dump @options");
	$node->command_ok(['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $db, '-f', "$dir/$db.sql"], "$db: psql");
}

sub in_jobs
{
	my ($db, @options) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->command_ok(['pg_dump', '-Fd', @options, '-f', "$dir/$db", 'postgres'], "pg_dump @options");
	$node->command_ok(['pg_restore', '-e', '-j', '4', '-d', $db, "$dir/$db"], "$db: pg_restore -j");
}

sub in_one
{
	my ($db, @options) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->command_ok(['pg_dump', '-Fc', @options, '-f', "$dir/$db", 'postgres'], "pg_dump @options");
	$node->command_ok(['pg_restore', '-1', '-d', $db, "$dir/$db"], "$db: pg_restore -1");
}

# rows: of tviews, whoever owns them; of a base table; of both
my %left_out = (
	tviews => ['--exclude-table-data=*.tv_*', '--exclude-table-data=aa_rank'],
	lower => ['--exclude-table-data=tv_user'],
	upper => ['--exclude-table-data=aa_rank', '--exclude-table-data="Web Site".*'],
	base => ['--exclude-table-data=tb_comment'],
	both => ['--exclude-table-data=tb_user', '--exclude-table-data=tv_post', '--exclude-table-data=store.item']);
my %restore = (order => \&in_order, jobs => \&in_jobs, one => \&in_one);

foreach my $what (sort keys %left_out)
{
	foreach my $how (sort keys %restore)
	{
		my $db = "${what}_$how";

		$restore{$how}->($db, @{ $left_out{$what} });
		same_everywhere($node, $db, $db, 7);
		is($node->safe_psql($db, q{SELECT string_agg(problem, ', ') FROM pg_tviews_health()}),
			'it was created WITH NO DATA and never filled', "$db: healthy");
		is_maintained($node, $db, $db, $n++);
	}
}
is($node->safe_psql('tviews_order', 'SELECT a, b, count FROM other.tv_item'), '1|one|0', "another owner's tview");
is($node->safe_psql('base_order', 'SELECT sum(comments) FROM tv_counted'), '2', 'declared reads');

# each once, however many triggers and privileges come after the last part
$node->safe_psql('postgres', 'GRANT SELECT ON tb_user, tb_post, post_1, tb_comment TO regress_reader');
$node->safe_psql('postgres', 'CREATE DATABASE counted');
$node->command_ok(['pg_dump', @{ $left_out{base} }, '-f', "$dir/counted.sql", 'postgres'], 'pg_dump');
$node->command_like(['psql', '-XAtq', '-d', 'counted', '-f', "$dir/counted.sql", '-c', 'SELECT max(recomputes) FROM public.pg_tviews_statistics'],
	qr/^1$/m, 'computed once');

# tables: the tviews that are there are kept
$restore{$_}->("some_$_", '-T', 'tv_counted', '-T', 'tv_late') foreach sort keys %restore;
foreach my $db (map { "some_$_" } sort keys %restore)
{
	same_everywhere($node, $db, $db, 5);
	is_maintained($node, $db, $db, $n++);
	$node->safe_psql($db, q{DROP VIEW v_counted; CREATE TVIEW tv_counted WITH (key = 'pk_user', reads = 'tb_comment') AS
		SELECT pk_user, comments_of(pk_user) AS comments FROM tv_user});
	is_maintained($node, $db, "$db: the other again", $n++);
}

# no restore: a name is wrong
my ($status, $out, $err) = $node->psql('postgres', q{INSERT INTO pg_tview_meta (tview, view, entity, key_columns) VALUES ('nowhere', 'v_user', 'x', '{a}')});
like($err, qr/relation "nowhere" does not exist/, 'the name of a relation that is not there');

done_testing();
