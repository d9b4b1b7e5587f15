# pg_upgrade takes tviews along, with what pg_depend says of them, which it does not copy.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use TviewTest;

my $old = tview_server('old');
my $new = tview_server('new');
my $n = 0;

make_blog($old, 'postgres');
write_blog($old, 'postgres', $n++);
my $ties = q{SELECT objid::regclass, refobjid::regclass FROM pg_depend WHERE (classid, refclassid) = ('pg_class'::regclass, 'pg_class'::regclass)
	AND objid IN (SELECT tview FROM pg_tview_meta) ORDER BY 1, 2};
my $before = $old->safe_psql('postgres', $ties);
my $healthy = $old->safe_psql('postgres', 'SELECT * FROM pg_tviews_health()');
$old->stop;
$new->stop;

my ($old_bin, $new_bin) = map { $_->config_data('--bindir') } $old, $new;
my @socket = (PostgreSQL::Test::Utils::tempdir_short());
chdir $PostgreSQL::Test::Utils::tmp_check;
command_ok(['pg_upgrade', '-N', '-b', $old_bin, '-B', $new_bin, '-d', $old->data_dir, '-D', $new->data_dir, '-s', @socket,
	'-p', $old->port, '-P', $new->port], 'pg_upgrade');
$new->start;

same_everywhere($new, 'postgres', 'upgraded', 6);
# declared reads count even before anything is repaired
$new->safe_psql('postgres', "INSERT INTO tb_comment (fk_post, text) VALUES (1, 'upgraded')");
same_everywhere($new, 'postgres', 'declared reads', 6);
my ($status, $out, $err) = $new->psql('postgres', 'DROP VIEW v_user');
like($err, qr/cannot drop view v_user because other objects depend on it/, 'the view is still needed');
$new->safe_psql('postgres', 'CREATE TABLE any_command ()');
is($new->safe_psql('postgres', $ties), $before, 'the same dependencies');
is($new->safe_psql('postgres', 'SELECT * FROM pg_tviews_health()'), $healthy, 'as healthy as before');
is_maintained($new, 'postgres', 'upgraded', $n++);
$new->safe_psql('postgres', 'DROP TVIEW tv_user CASCADE');

$new->stop;
done_testing();
