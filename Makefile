# modelassay - the two commands: `make demo` and `make check`.
#
#   make            build/modelassay, build/libmodelassay.a
#   make demo       dependencies, build, a clean and a malicious checkpoint: scan, sign, verify
#   make check      dependencies, build, every test; closes with "N passed, N failed"
#   make interop    the bundles before other tools' verifiers
#   make check-long everything that is too slow for every commit
#   make docs       LIMITS.md, FACTS.md, GAPS.md, RULES.md, man pages and completions, from the program
#   make install    PREFIX=/usr/local DESTDIR=
#   make wheel      build/wheel/*.whl; make install-python puts the package where PYTHON looks
B       ?= build
ifeq ($(origin CC),default)
CC      := gcc
endif
PREFIX  ?= /usr/local
comma   := ,
PKGS    := libcrypto libzip libpcre2-8 libcjson capstone zlib liblzma libzstd liblz4 libseccomp libdeflate
VERSION := $(shell cat VERSION)

HARDEN  := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIC -fvisibility=hidden
WARN    := -Wall -Wextra -Wconversion -Wshadow
OPT     ?= -O2
CPPFLAGS += -D_GNU_SOURCE $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
CFLAGS  += -std=c11 $(OPT) -g $(WARN) $(HARDEN) $(SAN)
LDFLAGS += -pie -Wl,-z,relro,-z,now $(SAN)
LDLIBS  += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lbz2 -lunistring

LIB_SRC  := $(sort $(wildcard parsers/*.c parsers/*/*.c) $(filter-out rules/rulec.c,$(wildcard rules/*.c)) \
                   $(filter-out scanner/cli/% scanner/serve/%,$(wildcard scanner/*/*.c)))
CLI_SRC  := $(sort $(wildcard scanner/cli/*.c))
RULEC_SRC:= $(sort $(filter-out rules/ruleset.c rules/safety.c rules/match.c,$(wildcard rules/*.c)) $(wildcard parsers/base/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$B/%.o) $B/rules_builtin.o
CLI_OBJ  := $(CLI_SRC:%.c=$B/%.o)
RULE_DATA:= $(shell find rules/packs rules/lists -type f 2>/dev/null)

all: $B/modelassay $B/modelassay-serve $B/libmodelassay.a $B/libmodelassay.so.0 $B/modelassay.pc

$B/modelassay: $(CLI_OBJ) $B/libmodelassay.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
# The daemon is a program of its own: its libraries cost the scanner nothing.
SERVE_OBJ := $(sort $(patsubst %.c,$B/%.o,$(wildcard scanner/serve/*.c)))
$B/modelassay-serve: $(SERVE_OBJ) $B/libmodelassay.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lmicrohttpd -pthread
-include $(SERVE_OBJ:.o=.d)
$B/libmodelassay.a: $(LIB_OBJ)
	rm -f $@ && ar rcs $@ $^
# Hidden but for MA_API: what modelassay.h does not name is nobody else's.
$B/libmodelassay.so.0: $(LIB_OBJ)
	$(CC) -shared -Wl,-soname,libmodelassay.so.0 -Wl,-z,relro,-z,now$(if $(SAN),,$(comma)-z$(comma)defs) $(SAN) -o $@ $^ $(LDLIBS)
$B/modelassay.pc: Makefile VERSION
	@mkdir -p $(@D)
	@printf 'prefix=%s\nlibdir=$${prefix}/lib\nincludedir=$${prefix}/include\n\nName: modelassay\nDescription: scans model files before anything loads them\nVersion: %s\nLibs: -L$${libdir} -lmodelassay\nLibs.private: -lbz2 -lunistring\nRequires.private: %s\nCflags: -I$${includedir}\n' \
	  '$(PREFIX)' '$(VERSION)' '$(PKGS)' > $@
$B/%.o: %.c Makefile | $B/.deps
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
# What decides over a verdict, in one digest: the store of another engine never answers.
ENGINE_SRC := $(sort $(shell find parsers scanner/util scanner/report scanner/input scanner/judge scanner/object scanner/scan scanner/sandbox -name '*.[ch]' -o -name '*.def') $(wildcard rules/*.[ch]))
ENGINE := $(shell cat $(ENGINE_SRC) | sha256sum | cut -c1-64)
# The only object that knows the version and the digest of the engine.
$B/scanner/util/version.o: VERSION $(ENGINE_SRC)
$B/scanner/util/version.o: CPPFLAGS += -DMA_VERSION='"$(VERSION)"' -DMA_ENGINE='"$(ENGINE)"'
$B/rules_builtin.o: $B/rules_builtin.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -Irules -c -o $@ $<
# The packs and lists become sorted C tables, by the loader that also reads --rules DIR.
$B/rules_builtin.c: $B/rulec $(RULE_DATA)
	$B/rulec rules $@
$B/rulec: $(RULEC_SRC:%.c=$B/%.o)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$B/.deps:
	@mkdir -p $B
	@tests/deps.sh --check build
	@touch $@
-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $B/rules/rulec.d

deps:
	@tests/deps.sh build
test-deps:
	@tests/deps.sh build test

# --- tests ---------------------------------------------------------------
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$B/unit/%)
$B/unit/%: tests/unit/%.c $B/libmodelassay.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< $B/libmodelassay.a $(LDFLAGS) $(LDLIBS) -lcmocka
unit: $(UNIT_BIN)

check: test-deps
	@$(MAKE) --no-print-directory -j$$(nproc) all unit replay shim faulty
	@tests/check.sh $B
check-long: check
	@tests/check-long.sh $B
# Our bundles before verifiers that are not ours: sigstore-js from npm, openssl, python3-cryptography
interop: all
	@command -v npm >/dev/null || tests/deps.sh npm
	@tests/deps.sh interop
	@tests/interop.sh $B/modelassay $B/interop
.PHONY: interop
layers:
	@tests/layers.sh
# Density and language, counted against bounds that only fall; make format applies .clang-format.
style:
	@python3 tests/style/style.py
format:
	clang-format -i $$(git ls-files '*.c' '*.h')
.PHONY: style format
demo: deps
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@tests/demo.sh $B

docs: all
	@python3 docs/make_docs.py $B/modelassay docs
	@python3 docs/make_man.py $B/modelassay scanner/modelassay.h docs/man
	@python3 docs/make_completions.py $B/modelassay docs/completions
.PHONY: docs

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include
	install -m 755 $B/modelassay $B/modelassay-serve $(DESTDIR)$(PREFIX)/bin/
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -m 644 docs/modelassay-serve.service $(DESTDIR)$(PREFIX)/lib/systemd/system/
	install -m 644 $B/libmodelassay.a $B/libmodelassay.so.0 $(DESTDIR)$(PREFIX)/lib/
	ln -sf libmodelassay.so.0 $(DESTDIR)$(PREFIX)/lib/libmodelassay.so
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -m 644 $B/modelassay.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/
	install -m 644 scanner/modelassay.h $(DESTDIR)$(PREFIX)/include/
	install -d $(addprefix $(DESTDIR)$(PREFIX)/share/,man/man1 man/man3 bash-completion/completions zsh/site-functions fish/vendor_completions.d)
	install -m 644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 docs/man/*.3 $(DESTDIR)$(PREFIX)/share/man/man3/
	install -m 644 docs/completions/modelassay.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/modelassay
	install -m 644 docs/completions/_modelassay $(DESTDIR)$(PREFIX)/share/zsh/site-functions/
	install -m 644 docs/completions/modelassay.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/
# The Python package, with the library in it: into PYDIR, or as a wheel (pip install build/wheel/*.whl)
PYTHON ?= /usr/bin/python3
PYDIR  ?= $(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
WHEELS ?= $B/wheel
install-python: $B/libmodelassay.so.0
	install -d $(DESTDIR)$(PYDIR)/modelassay
	install -m 644 scanner/python/modelassay/*.py scanner/python/modelassay/py.typed $B/libmodelassay.so.0 $(DESTDIR)$(PYDIR)/modelassay/
wheel: $B/libmodelassay.so.0
	@rm -rf $B/python && mkdir -p $B/python $(WHEELS) && cp -r scanner/python/. $B/python/
	@install -m 644 $B/libmodelassay.so.0 $B/python/modelassay/
	$(PYTHON) -m pip wheel -q --no-index --no-build-isolation --no-deps -w $(WHEELS) $B/python
.PHONY: install-python wheel
clean:
	rm -rf $B
.PHONY: all deps test-deps unit check check-long layers demo install clean
# Imports against CPython's two unpicklers: make differential N=1000000 SEED=7
differential: all
	@python3 -W ignore tests/differential/differential.py $B/modelassay $(or $(N),20000) $(or $(SEED),1)
.PHONY: differential
# Pickles out of our own allowed lists, loaded for real: what has an effect must not be clean: make attack T=1200 SEED=1
attack: all
	@tests/deps.sh benign
	@/usr/bin/python3 -W ignore tests/attack/attack.py $B/modelassay $(or $(T),60) $(or $(SEED),1)
.PHONY: attack
# Honest files of the producers that are installed here, and what is said of them: make benign [WHAT="torch numpy"]
benign: all
	@tests/benign/benign.sh $B/modelassay $B/benign $(WHAT)
.PHONY: benign
# Speed as ratios against what is installed: make bench SCALE=4 for files of 1 GB
$B/weights: tests/bench/weights.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(LDFLAGS)
$B/forks: tests/bench/forks.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(LDFLAGS)
bench: all $B/weights $B/forks
	@python3 tests/bench/bench.py $B/modelassay $B/weights $(or $(SCALE),1) $B/forks
# The gate under load, with bounds: make bench-gate GIB=2
bench-gate: all $B/weights
	@python3 tests/bench/gate.py $B/modelassay $B/weights $(or $(GIB),2)
.PHONY: bench bench-gate
include tests/fuzz/fuzz.mk
include tests/fault/fault.mk
include tests/lint/lint.mk
