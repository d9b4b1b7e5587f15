# What every command in this folder shares: packages, a private build, a throwaway server.
#
#     source "$(dirname "$0")/lib.sh"
#     prepare python3                           # packages; PostgreSQL and a compiler come anyway
#     build_extensions                          # or: build_extensions COPT=-Werror
#     start_server "shared_preload_libraries = 'pg_tviews'" "fsync = off"
#     psql -c 'CREATE EXTENSION pg_tviews'      # PGHOST, PGPORT, PGUSER, PGDATABASE and PATH are set
#     stop_server
#
# Nothing outside $WORK, a temporary directory, is written except the packages: the sources are
# copied before they are built, and they are installed into a private copy of the PostgreSQL
# installation, whose programs find their libraries and share files relative to themselves.
# When the script ends, for whatever reason, its function on_exit, if it has one, is called with
# the exit status, its servers are stopped and $WORK is removed; KEEP=1 in the environment
# leaves $WORK for a look.
#
# functions: prepare [package...]  build_extensions [make argument...]
#            start_server [configuration line...]  stop_server
#            prove_tap test...
#            as_postgres command...  (drops root's rights; servers and builds run like this)
#            say text...  die text...
# variables: ROOT    the checkout               WORK       the temporary directory
#            SRC     the copy that is built     PG_CONFIG  of the private installation
#            PGMAJOR 15, 16, ...                SERVER_LOG of the running server
# environment: PG_CONFIG and CC choose another server or compiler.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/15/bin/pg_config}
system_pg_config=$PG_CONFIG
unset "${!PG@}"					# the caller's PGHOST, PGOPTIONS, PGSERVICE ...
unset MAKEFLAGS MAKELEVEL
PG_CONFIG=$system_pg_config
export LC_ALL=C.UTF-8

WORK=$(mktemp -d "${TMPDIR:-/tmp}/pg_tviews.XXXXXX")
SRC=$WORK/src
servers=0

say() { printf '\n=== %s\n' "$*"; }

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

as_postgres() {
	if [ "$EUID" = 0 ]; then
		HOME=$WORK setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
	else
		"$@"
	fi
}

# Stop every server and remove everything; runs exactly once, from the EXIT trap.
clean_up() {
	local status=$? data
	trap '' INT TERM HUP
	! declare -F on_exit >/dev/null || on_exit "$status"
	for data in "$WORK"/server.*/data; do
		[ ! -e "$data/postmaster.pid" ] ||
			as_postgres "$PGBIN/pg_ctl" -D "$data" -m immediate -s stop || true
	done
	if [ -n "${KEEP:-}" ]; then
		echo "kept: $WORK" >&2
	else
		rm -rf "$WORK"
	fi
	exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# Run a command silently; where it fails, show what it said and give up.
quietly() {
	"$@" >"$WORK/log" 2>&1 && return
	cat "$WORK/log" >&2
	die "failed: $*"
}

# Bring about packages, the private installation and the copy of the sources.
prepare() {
	install_packages "$@"
	make_installation
	copy_sources
}

# Make sure that the server chosen, a compiler and the packages named are there.
install_packages() {
	local major package missing=()
	major=$(sed -nE 's|^/usr/lib/postgresql/([0-9]+)/.*|\1|p' <<<"$system_pg_config")
	if command -v dpkg-query >/dev/null; then
		[ -z "$major" ] || set -- "postgresql-$major" "postgresql-server-dev-$major" "$@"
		for package in make gcc libc6-dev "$@"; do
			[ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
				missing+=("$package")
		done
	fi
	if [ ${#missing[@]} -gt 0 ]; then
		[ "$EUID" = 0 ] || die "please install: ${missing[*]}"
		say "installing ${missing[*]}"
		apt_install "${missing[@]}"
	fi
	[ -x "$system_pg_config" ] || die "there is no $system_pg_config; set PG_CONFIG"
}

# Debian creates and starts a cluster with the first server package. The file that
# forbids it is there only for as long as the installation takes.
apt_install() {
	local veto=/etc/postgresql-common/createcluster.d/pg_tviews.conf
	local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
	quietly "${apt[@]}" update
	mkdir -p "${veto%/*}"
	echo 'create_main_cluster = false' >"$veto"
	("${apt[@]}" install -y --no-install-recommends "$@" </dev/null >"$WORK/log" 2>&1) || {
		rm -f "$veto"
		cat "$WORK/log" >&2
		die "could not install $*"
	}
	rm -f "$veto"
	rmdir --ignore-fail-on-non-empty "${veto%/*}"
}

# Mirror the installation below $WORK: programs as copies, because they look for their
# files relative to where they really lie, everything else as links.
make_installation() {
	local prefix=$WORK/installation dir
	PGBIN=$prefix$("$system_pg_config" --bindir)
	mkdir -p "$PGBIN"
	cp -L "$("$system_pg_config" --bindir)"/* "$PGBIN"
	for dir in $("$system_pg_config" --pkglibdir --sharedir | sort -u); do
		mkdir -p "$prefix${dir%/*}"
		cp -as "$dir" "$prefix${dir%/*}"
	done
	for dir in $("$system_pg_config" --libdir --includedir --includedir-server); do
		mkdir -p "$prefix${dir%/*}"
		[ -e "$prefix$dir" ] || ln -s "$dir" "$prefix$dir"
	done
	# an installed copy of the extensions must not shine through
	find "$prefix" \( -name 'pg_tviews*' -o -name 'jsonb_ivm*' \) -prune -exec rm -rf {} +
	PG_CONFIG=$PGBIN/pg_config
	PGMAJOR=$("$PG_CONFIG" --version | sed -E 's/^PostgreSQL ([0-9]+).*/\1/')
	PATH=$PGBIN:$PATH
	export PG_CONFIG PATH
}

# The copy belongs to the user who builds it and runs the tests; the checkout stays as it is.
copy_sources() {
	mkdir "$SRC"
	tar -C "$ROOT" -cf - --exclude-vcs --exclude-vcs-ignores . | tar -C "$SRC" -xf -
	[ "$EUID" != 0 ] || chown -R postgres:postgres "$WORK"
}

# make [argument...] in the copy, or with -C in one of its folders
make_src() {
	as_postgres make -s -C "$SRC" PG_CONFIG="$PG_CONFIG" ${CC:+"CC=$CC"} "$@"
}

build_extensions() {
	local dir
	for dir in jsonb_ivm .; do
		[ -e "$SRC/$dir/Makefile" ] || continue
		quietly make_src -C "$dir" -j"$(nproc)" "$@" all
		quietly make_src -C "$dir" "$@" install
	done
}

# prove_tap <file...>: TAP tests in $SRC, with servers of their own; needs libipc-run-perl. $PROVE is
# what runs them.
prove_tap() {
	local pgxs out=$WORK/tap
	pgxs=$("$PG_CONFIG" --pgxs)
	pgxs=${pgxs%/makefiles/pgxs.mk}
	cd "$SRC"
	as_postgres mkdir -p "$out/tmp_check/log"
	as_postgres env -u PGHOST -u PGUSER -u PGDATABASE -u PG_TEST_NOCLEAN \
		TESTDIR="$out" TESTDATADIR="$out/tmp_check" TESTLOGDIR="$out/tmp_check/log" \
		PG_REGRESS="$pgxs/test/regress/pg_regress" PGPORT=65432 \
		${PROVE:-prove} -v -I "$pgxs/test/perl" -I test/perl "$@"
}

# Each argument is a line of postgresql.conf. A second server may run beside the first:
# the variables are those of the last one started, and stop_server stops that one.
start_server() {
	local dir
	servers=$((servers + 1))
	dir=$WORK/server.$servers
	PGDATA=$dir/data
	SERVER_LOG=$dir/log
	as_postgres mkdir "$dir"
	quietly as_postgres "$PGBIN/initdb" -D "$PGDATA" -U postgres -A trust \
		--locale=C.UTF-8 --encoding=UTF8 --no-sync --no-instructions
	printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$dir'" "$@" |
		as_postgres tee -a "$PGDATA/postgresql.conf" >/dev/null
	as_postgres "$PGBIN/pg_ctl" -D "$PGDATA" -l "$SERVER_LOG" -s -w start >"$WORK/log" 2>&1 || {
		cat "$WORK/log" "$SERVER_LOG" >&2
		die "the server did not start"
	}
	export PGHOST=$dir PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
}

# Fails where the server had to be killed.
stop_server() {
	as_postgres "$PGBIN/pg_ctl" -D "$PGDATA" -m fast -t 30 -s -w stop && return
	as_postgres "$PGBIN/pg_ctl" -D "$PGDATA" -m immediate -s -w stop
	return 1
}
