# The server is killed during load; after recovery every tview equals its definition.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use TviewTest;

my $node = tview_server('main', 'restart_after_crash = on', 'checkpoint_timeout = 30s');
make_blog($node, 'postgres');

my $script = PostgreSQL::Test::Utils::tempdir . '/load.sql';
append_to_file($script, q{
\set u random(1, 10)
\set v random(1, 10)
\set p random(1, 100)
\set c random(1, 100000)
BEGIN;
UPDATE tb_user SET name = 'load ' || :c WHERE pk_user = :u;
UPDATE tb_post SET fk_user = :v WHERE pk_post = :p;
SAVEPOINT s;
INSERT INTO tb_comment (fk_post, text) VALUES (:p, 'load');
SELECT FROM tv_post WHERE pk_post = :p;
ROLLBACK TO s;
DELETE FROM tb_comment WHERE pk_comment = :c % 300;
INSERT INTO tb_comment (fk_post, text) VALUES (:p % 50 + 1, 'load');
COMMIT;
});

# Kill the postmaster and start a new one as soon as the old one and its children are gone.
sub kill_and_start
{
	my ($node) = @_;
	my ($pid) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;

	$node->kill9;
	usleep(50_000) while kill 0, $pid;
	for (1 .. 100)
	{
		return if $node->start(fail_ok => 1);
		usleep(100_000);
	}
	BAIL_OUT('the server does not start again');
}

for my $round (1 .. 3)
{
	my $pgbench = IPC::Run::start(['pgbench', '-n', '-c', 4, '-T', 30, '-f', $script, '--max-tries=10', '-p', $node->port, '-h', $node->host, 'postgres'],
		'>', \my $out, '2>', \my $err);
	my $before = $node->safe_psql('postgres', "SELECT count(*) FROM tb_comment WHERE text = 'load'");
	$node->poll_query_until('postgres', "SELECT count(*) > $before + 100 FROM tb_comment WHERE text = 'load'");
	if ($round == 2)
	{
		# one backend only: the server restarts itself
		my $pid = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1");
		kill 'KILL', $pid;
		$pgbench->finish;
		$node->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()');
	}
	else
	{
		kill_and_start($node);
		$pgbench->finish;
	}
	is_maintained($node, 'postgres', "crash $round", $round);
}

done_testing();
