# pg_tviews and its companion jsonb_ivm.  Any server: make PG_CONFIG=/path/to/pg_config

EXTENSION = pg_tviews
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)
MODULE_big = pg_tviews
PGFILEDESC = "pg_tviews - read models that are right at every commit"

OBJS = \
	src/init.o \
	$(patsubst %.c,%.o,$(sort $(wildcard src/*/*.c))) \
	$(JSONB_PATCH)

# What of the companion the engine patches documents with; built here once more,
# so that neither library needs the other.
JSONB_PATCH = $(addprefix src/jsonb_patch_,document.o locate.o node.o path.o write.o)

DATA = $(wildcard sql/pg_tviews--*--*.sql)
DATA_built = pg_tviews--$(EXTVERSION).sql

REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test --load-extension=pg_tviews
ISOLATION = $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --load-extension=pg_tviews

PG_CPPFLAGS = -I$(srcdir)/src -I$(srcdir)/jsonb_ivm/src
PG_CFLAGS = -fvisibility=hidden -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers
EXTRA_CLEAN = $(DATA_built)

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(DATA_built): sql/pg_tviews.sql $(EXTENSION).control
	cp $< $@

# Coarse but safe: any header rebuilds everything.
$(OBJS) $(OBJS:.o=.bc): $(wildcard src/*/*.h jsonb_ivm/src/*.h)

$(JSONB_PATCH): src/jsonb_patch_%.o: jsonb_ivm/src/%.c
	$(COMPILE.c) -o $@ $<

$(JSONB_PATCH:.o=.bc): src/jsonb_patch_%.bc: jsonb_ivm/src/%.c
	$(COMPILE.c.bc) -o $@ $<

# The companion has a Makefile of its own and needs nothing from here.  (Not a
# pattern rule: make does not look for those for phony targets.)
JSONB_IVM = $(addprefix jsonb_ivm-,all install uninstall clean installcheck)

all: jsonb_ivm-all
install: jsonb_ivm-install
uninstall: jsonb_ivm-uninstall
clean: jsonb_ivm-clean

# Whoever picks tests by REGRESS= or ISOLATION= means those of this extension.
ifeq ($(origin REGRESS)$(origin ISOLATION),filefile)
installcheck: jsonb_ivm-installcheck
endif

$(JSONB_IVM): jsonb_ivm-%:
	$(MAKE) -C jsonb_ivm $* PG_CONFIG=$(PG_CONFIG)

.PHONY: $(JSONB_IVM)
