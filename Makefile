# modelassay
#
#   make                the programs and the library, in build/; V=1 prints whole commands
#   make format         applies .clang-format
#   make clean
#   make help           the targets of all the makefiles
.DEFAULT_GOAL := all

# --- configuration ---------------------------------------------------------------------------
# B is the folder of everything that is built. CC, AR, CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS are
# the caller's and are appended to the MA_ variables, which hold what the project needs.
B ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
PKG_CONFIG ?= pkg-config
PYTHON     ?= /usr/bin/python3
# SAN: sanitizers, OPT: optimization; make check-long and make fuzz set both.
OPT ?= -O2
SAN ?=

VERSION := $(shell cat VERSION)
# Libraries that are linked: pkg-config modules, and those that have no module everywhere.
PKGS     := libcrypto libzip libpcre2-8 libcjson capstone zlib liblzma libzstd liblz4 \
            libseccomp libdeflate
BARE     := -lbz2 -lunistring
# Also required to build: sqlite3 is loaded at run time, libmicrohttpd is the daemon's.
BUILD_PKGS    := $(PKGS) sqlite3 libmicrohttpd
BUILD_HEADERS := bzlib.h unistr.h

comma   := ,
WARN    := -Wall -Wextra -Wconversion -Wshadow
HARDEN  := -fstack-protector-strong -fPIC -fvisibility=hidden
# A caller's level of _FORTIFY_SOURCE, as of a distribution, takes the place of ours.
FORTIFY := $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,\
             -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
# Two builds in different folders are identical: no path of a folder is compiled in.
PATHS   := -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(abspath $B)=./build

MA_CPPFLAGS := -D_GNU_SOURCE $(strip $(FORTIFY)) $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
MA_CFLAGS   := -std=c11 $(OPT) -g $(WARN) $(HARDEN) $(PATHS) $(SAN)
MA_HARDLINK := -Wl,-z,relro,-z,now
MA_LDFLAGS  := -pie $(MA_HARDLINK) $(SAN)
MA_LDLIBS   := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) $(BARE)
SERVE_LIBS  := $(or $(shell $(PKG_CONFIG) --libs libmicrohttpd 2>/dev/null),-lmicrohttpd) -pthread

COMPILE = $(CC) $(MA_CPPFLAGS) $(CPPFLAGS) $(MA_CFLAGS) $(CFLAGS)
LINK    = $(CC) $(MA_LDFLAGS) $(LDFLAGS)
LIBS    = $(MA_LDLIBS) $(LDLIBS)

# make V=1 prints whole commands, make -s nothing, otherwise one line a file:
# `  CC      parsers/registry.o`.
V ?= 0
SILENT := $(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(filter 0$(SILENT),$V),@printf '  %-7s %s\n' '$1' '$(patsubst $B/%,%,$@)';)

# --- sources ---------------------------------------------------------------------------------
# The library is every module but the two programs; rulec compiles the rule packs.
SCANNER   := $(filter-out scanner/cli/% scanner/serve/%,$(wildcard scanner/*/*.c))
LIB_SRC   := $(sort $(wildcard parsers/*.c parsers/*/*.c) $(SCANNER) \
                    $(filter-out rules/rulec.c,$(wildcard rules/*.c)))
CLI_SRC   := $(sort $(wildcard scanner/cli/*.c))
SERVE_SRC := $(sort $(wildcard scanner/serve/*.c))
NOT_RULEC := rules/ruleset.c rules/safety.c rules/match.c
RULEC_SRC := $(sort $(filter-out $(NOT_RULEC),$(wildcard rules/*.c)) $(wildcard parsers/base/*.c))
RULE_DATA := $(shell find rules/packs rules/lists -type f)

LIB_OBJ   := $(LIB_SRC:%.c=$B/%.o) $B/rules_builtin.o
CLI_OBJ   := $(CLI_SRC:%.c=$B/%.o)
SERVE_OBJ := $(SERVE_SRC:%.c=$B/%.o)
RULEC_OBJ := $(RULEC_SRC:%.c=$B/%.o)

# The sources that decide a verdict: the verdict store compares their digest.
NOT_ENGINE := $(addprefix scanner/,api/% attest/% cli/% python/% serve/% store/%)
ENGINE_SRC := $(sort $(filter-out $(NOT_ENGINE),$(wildcard scanner/*/*.[ch] scanner/*/*.def)) \
                     $(shell find parsers -name '*.[ch]' -o -name '*.def') $(wildcard rules/*.[ch]))

# --- rules -----------------------------------------------------------------------------------
PROGRAMS := $B/modelassay $B/modelassay-serve $B/libmodelassay.a $B/libmodelassay.so.0
all: $(PROGRAMS)

$B/modelassay: $(CLI_OBJ) $B/libmodelassay.a
	$(call say,LD)$(LINK) -o $@ $^ $(LIBS)

# The daemon is a program of its own: its libraries cost the scanner nothing.
$B/modelassay-serve: $(SERVE_OBJ) $B/libmodelassay.a
	$(call say,LD)$(LINK) -o $@ $^ $(LIBS) $(SERVE_LIBS)

$B/libmodelassay.a: $(LIB_OBJ)
	$(call say,AR)rm -f $@ && $(AR) rcsD $@ $^

# It exports what modelassay.h declares (MA_API) and nothing else.
$B/libmodelassay.so.0: $(LIB_OBJ)
	$(call say,LD)$(CC) -shared -Wl,-soname,libmodelassay.so.0 $(MA_HARDLINK) \
	  $(if $(SAN),,-Wl$(comma)-z$(comma)defs) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS)

$B/%.o: %.c $B/.flags | $B/.deps
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) -MMD -MP -c -o $@ $<

# The only object that knows the version and the digest of the engine.
VERSION_O := $B/scanner/util/version.o
$(VERSION_O): MA_CPPFLAGS += -DMA_VERSION='"$(VERSION)"' \
                             -DMA_ENGINE='"$(shell cat $(ENGINE_SRC) | sha256sum | cut -c1-64)"'
$(VERSION_O): VERSION $(ENGINE_SRC)

# The packs and lists become sorted C tables, by the loader that also reads --rules DIR.
$B/rules_builtin.o: $B/rules_builtin.c $B/.flags
	$(call say,CC)$(COMPILE) -Irules -c -o $@ $<
$B/rules_builtin.c: $B/rulec $(RULE_DATA)
	$(call say,RULES)$B/rulec rules $@
$B/rulec: $(RULEC_OBJ)
	$(call say,LD)$(LINK) -o $@ $^ $(LIBS)

# Written when the flags change: that compiles everything anew, a change of the Makefile does not.
FLAGS := $(strip $(COMPILE) $(LINK) $(LIBS))
ifneq ($(FLAGS),$(file <$B/.flags))
.PHONY: $B/.flags
endif
$B/.flags:
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS))' > $@

# What the build needs is there, or is named.
$B/.deps:
	@mkdir -p $(@D)
	@CC='$(CC)' PKG_CONFIG='$(PKG_CONFIG)' tests/require.sh '$(BUILD_PKGS)' '$(BUILD_HEADERS)'
	@touch $@

-include $(sort $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(SERVE_OBJ:.o=.d) $(RULEC_OBJ:.o=.d))

# --- tests, tools, install -------------------------------------------------------------------
include tests/fault/fault.mk
include tests/fuzz/fuzz.mk
include tests/check.mk
include tests/lint/lint.mk
include tests/bench/bench.mk
include docs/docs.mk
include install.mk

#   make deps           installs the packages of Debian that the build needs
#   make test-deps      and those that make check and make interop use
#   make fuzz-deps      and clang; likewise lint-deps, long-deps, benign-deps
# No other target installs anything.
deps:
	@tests/deps.sh build
test-deps:
	@tests/deps.sh build test forms python npm interop
	@$(MAKE) --no-print-directory npm-tools || echo 'no registry of npm: its tools are left out'
fuzz-deps lint-deps long-deps benign-deps: %-deps:
	@tests/deps.sh build $*

format:
	clang-format -i $$(git ls-files '*.c' '*.h')
help:
	@awk -F '  +' '/^#   make/ { printf "%-24s %s\n", $$2, $$3 }' $(MAKEFILE_LIST)
clean:
	rm -rf $B

.PHONY: all benign-deps clean deps force format fuzz-deps help lint-deps long-deps test-deps
