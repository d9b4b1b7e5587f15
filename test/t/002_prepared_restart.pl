# Restarts, and transactions prepared before them.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use TviewTest;

my $node = tview_server('main');
make_blog($node, 'postgres');

$node->restart;
is_maintained($node, 'postgres', 'restart', 1);

sub name_of { return $node->safe_psql('postgres', "SELECT data #>> '{author,name}' FROM tv_post WHERE pk_post = 8") }

my $before = name_of();
$node->safe_psql('postgres', q{
	BEGIN;
	UPDATE tb_user SET name = 'prepared' WHERE pk_user IN (SELECT fk_user FROM tb_post WHERE pk_post = 8);
	INSERT INTO tb_post VALUES (500, 1, 'prepared');
	PREPARE TRANSACTION 'to commit';
});
is(name_of(), $before, 'PREPARE TRANSACTION alone shows nothing');
$node->restart;
is(name_of(), $before, 'nor after a restart');
$node->safe_psql('postgres', "COMMIT PREPARED 'to commit'");
is(name_of(), 'prepared', 'COMMIT PREPARED');
same_everywhere($node, 'postgres', 'COMMIT PREPARED');

$node->safe_psql('postgres', q{
	BEGIN;
	UPDATE tb_user SET name = 'never' WHERE pk_user <= 10;
	TRUNCATE tb_comment;
	PREPARE TRANSACTION 'to roll back';
});
$node->stop('immediate');
$node->start;
$node->safe_psql('postgres', "ROLLBACK PREPARED 'to roll back'");
is(name_of(), 'prepared', 'ROLLBACK PREPARED after a crash');
is_maintained($node, 'postgres', 'ROLLBACK PREPARED', 2);

# its locks keep writers of the same documents waiting, and are released with it
$node->safe_psql('postgres', q{
	BEGIN;
	UPDATE tb_user SET name = 'locked' WHERE pk_user = 1;
	PREPARE TRANSACTION 'locks';
});
$node->restart;
my ($status, $out, $err) = $node->psql('postgres', q{SET lock_timeout = '100ms'; UPDATE tb_post SET title = title || '.' WHERE fk_user = 1});
like($err, qr/lock timeout/, 'a prepared transaction keeps its locks over a restart');
$node->safe_psql('postgres', "COMMIT PREPARED 'locks'");
is_maintained($node, 'postgres', 'locks released', 3);

# created in a prepared transaction
$node->safe_psql('postgres', q{
	BEGIN;
	CREATE TVIEW tv_new WITH (key = 'pk_user') AS SELECT pk_user, name FROM tb_user;
	PREPARE TRANSACTION 'creation';
});
$node->restart;
$node->safe_psql('postgres', "COMMIT PREPARED 'creation'");
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_tview_meta WHERE tview = 'tv_new'::regclass"), 1, 'created by a prepared transaction');
is_maintained($node, 'postgres', 'created by a prepared transaction', 4);

done_testing();
