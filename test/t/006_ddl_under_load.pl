# Tviews are created, replaced, refreshed and dropped while clients write.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use TviewTest;

my $node = tview_server('main');
$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_tviews;
	CREATE TABLE a (a int PRIMARY KEY, x int);
	CREATE TABLE b (b serial PRIMARY KEY, a int, y int);
	CREATE INDEX ON b (a);
	INSERT INTO a SELECT n, n FROM generate_series(1, 20) n;
});
my $script = PostgreSQL::Test::Utils::tempdir . '/load.sql';
append_to_file($script, q{
\set a random(1, 20)
\set c random(1, 20)
BEGIN;
INSERT INTO b (a, y) VALUES (:a, :c);
UPDATE a SET x = x + 1 WHERE a = :a;
DELETE FROM b WHERE b IN (SELECT b FROM b WHERE a = :c ORDER BY b LIMIT 1 FOR UPDATE SKIP LOCKED);
COMMIT;
});
my $pgbench = IPC::Run::start(['pgbench', '-n', '-c', 4, '-T', 8, '-f', $script, '--max-tries=100', '-p', $node->port, '-h', $node->host, 'postgres'],
	'>', \my $out, '2>', \my $err);
my $definition = q{SELECT a.a, x, (SELECT sum(y) FROM b WHERE b.a = a.a) AS total FROM a};
my $failures = 0;

# DDL that meets a deadlock with the load is repeated, as the load is.
sub ddl
{
	my ($sql) = @_;

	for (1 .. 20)
	{
		my ($status, $stdout, $stderr) = $node->psql('postgres', $sql);
		return if $status == 0;
		next if $stderr =~ /deadlock detected/;
		diag("$sql: $stderr");
		$failures++;
		return;
	}
	$failures++;
}

for my $round (1 .. 6)
{
	my $isolation = $round % 2 ? 'READ COMMITTED' : 'REPEATABLE READ';

	ddl("BEGIN ISOLATION LEVEL $isolation; SELECT 1; CREATE TVIEW tv_$round WITH (key = 'a') AS $definition; COMMIT");
	ddl("CREATE OR REPLACE TVIEW tv_$round WITH (key = 'a') AS SELECT a, x + $round AS x, total FROM ($definition) d");
	ddl("SELECT pg_tviews_refresh('tv_$round')");
	ddl("CREATE TVIEW tv_above_$round WITH (key = 'total') AS SELECT coalesce(total, 0) AS total, count(*) AS n FROM tv_$round GROUP BY 1");
	ddl("DROP TVIEW tv_" . ($round - 1) . ' CASCADE') if $round > 1 && $round < 5;
	same_everywhere($node, 'postgres', "round $round, under load");
}
$pgbench->finish;
is($failures, 0, 'all DDL went through');
unlike($err, qr/ERROR/, 'no client met an error') or diag($err);
like($out, qr/number of failed transactions: 0/, 'nor a failed transaction');
same_everywhere($node, 'postgres', 'after the load', 6);

done_testing();
