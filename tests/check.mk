# check.mk - the tests. Each step is a target, check-NAME, with its output in $B/check/NAME.log.
#
#   make check [-jN]        every step, N at a time or one a core; ends with "N passed, N failed"
#   make check-NAME         one step, as check-corpus or check-cli/attest
#   make check-list         the names of the steps
#   make check-long         what is too slow for every commit
#   make demo               a clean and a malicious checkpoint: scan, sign, verify
#   make interop            our bundles before the verifiers of others
#   make layers             the include rules of docs/ARCHITECTURE.md
#   make style              density and language, counted against bounds that only fall
#   make differential       N=1000000 SEED=7: imports against both unpicklers of CPython
#   make attack             T=1200 SEED=1: pickles of allowed names, loaded for real
#   make benign             WHAT="torch numpy": files of the producers that are installed
#   make npm-tools          validators of npm, which the steps sarif and interop use

# --- what the steps use ----------------------------------------------------------------------
UNIT_BIN := $(patsubst tests/unit/%.c,$B/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
$(UNIT_BIN): $B/unit/%: tests/unit/%.c $B/libmodelassay.a $B/.flags
	@mkdir -p $(@D)
	$(call say,LD)$(COMPILE) -o $@ $< $B/libmodelassay.a $(MA_LDFLAGS) $(LDFLAGS) $(LIBS) -lcmocka
unit: $(UNIT_BIN)

# The corpus, built once. Steps take it from CORPUS; without it they build their own.
RECIPES := $(shell find corpus -type f)
$B/corpus.made: tests/corpus_builder.py $(wildcard tests/mk/*.py) $(RECIPES)
	@mkdir -p $(@D)
	$(call say,CORPUS)rm -rf $B/corpus && \
	  env -u CORPUS python3 tests/corpus_builder.py corpus $B/corpus && touch $@
corpus: $B/corpus.made

# --- steps -----------------------------------------------------------------------------------
# Steps whose numbers are the checks of one case.
ONE_CASE := layers man opcodes
# Folder of the validators; what the steps find in their environment.
NPM ?= $B/npm
MULTITOOL := @microsoft/sarif-multitool-linux/Sarif.Multitool
STEP_ENV  := SHIM=$(abspath $B/fault/shim.so) CORPUS=$(abspath $B/corpus) \
             SARIF_MULTITOOL=$(abspath $(NPM))/node_modules/$(MULTITOOL)

# $(call step,NAME,PREREQUISITES,COMMAND)
STEPS :=
define step_rules
STEPS += $1
check-$1: $2 $B/corpus.made
	@$(if $(filter $1,$(ONE_CASE)),ONE_CASE=1) $(STEP_ENV) tests/step.sh $B $1 $3
endef
step = $(eval $(call step_rules,$1,$2,$3))
# $(call no_asan,NAME,COMMAND): a sanitizer has an allocator of its own.
no_asan = $(if $(findstring address,$(SAN)),\
            echo '$1: 0 passed. Under AddressSanitizer $1 is not run',$2)

script_name = $(patsubst tests/%,%,$(basename $1))

SCANNER_BIN := $B/modelassay $B/modelassay-serve
$(call step,layers,,tests/layers.sh)
$(call step,style,,python3 tests/style/style.py)
$(call step,opcodes,,python3 tests/opcodes.py)
$(foreach t,$(UNIT_BIN),$(call step,unit/$(notdir $t),$t,$t))
$(foreach t,$(FUZZ_TARGETS),\
  $(call step,fuzz/$t,$B/fuzz/replay-$t,$B/fuzz/replay-$t $B/fuzz/seeds/$t))
# Two builds are for make check-long.
MAKE_TESTS := $(sort $(filter-out %/reproducible.sh,$(wildcard tests/make/*.sh)))
$(foreach t,$(MAKE_TESTS),$(call step,$(call script_name,$t),all,\
  $(call no_asan,$(call script_name,$t),$t $B)))
$(call step,lib,all,tests/lib.sh $B)
$(call step,python,all,tests/python.sh $B)
$(call step,docs,all,tests/docs.sh $B)
$(call step,man,all,tests/man.sh $B)
$(call step,corpus,$(SCANNER_BIN),\
  python3 tests/corpus.py $B/modelassay corpus $B/check/corpus.work)
$(call step,golden,$(SCANNER_BIN),\
  python3 tests/golden.py $B/modelassay corpus $B/check/golden.work)
$(call step,gadgets,$(SCANNER_BIN),\
  python3 tests/gadgets.py $B/modelassay corpus $B/check/gadgets.work)
$(call step,hostile,$(SCANNER_BIN),python3 tests/hostile.py $B/modelassay $B/check/hostile.work)
$(foreach t,$(sort $(wildcard tests/forms/*.py)),\
  $(call step,forms/$(basename $(notdir $t)),$(SCANNER_BIN) $B/fault/shim.so,\
    python3 $t $B/modelassay $B/check/forms/$(basename $(notdir $t)).work))
$(call step,fault,$(SCANNER_BIN) $B/fault/shim.so,$(call no_asan,fault,\
  python3 tests/fault/fault.py $B/modelassay $B/fault/shim.so corpus $B/check/fault.work \
    $(or $(FAULT_EVERY),5)))
$(call step,zygote,$(SCANNER_BIN),$(call no_asan,zygote,\
  python3 tests/fault/zygote.py $B/modelassay))
$(call step,compromised_worker,$(SCANNER_BIN) $B/fault/faulty,\
  tests/fault/compromised_worker.sh $B/fault/faulty $B/modelassay)
$(call step,os_failures,$(SCANNER_BIN),tests/fault/os_failures.sh $B/modelassay)
DIFFERENTIAL := python3 -W ignore tests/differential/differential.py $B/modelassay \
                $(or $(N),20000) $(or $(SEED),1)
$(call step,differential,$(SCANNER_BIN),\
  $(DIFFERENTIAL))
# Scripts that can be executed are steps of their own; run_cases.py runs the cases of a folder.
FOLDERS := store serve cli
SCRIPTS := $(filter-out %/run_cases.py,$(shell find $(FOLDERS:%=tests/%) -maxdepth 1 \
             \( -name '*.sh' -o -name '*.py' \) -perm -u+x | sort))
CASES := $(patsubst tests/%/,%,$(sort $(dir $(wildcard tests/cli/*/*.test))))
$(foreach f,$(CASES),$(call step,$f,$(SCANNER_BIN),\
  python3 tests/cli/run_cases.py -j 1 $B/modelassay $B/corpus tests/$f))
$(foreach f,$(SCRIPTS),$(call step,$(call script_name,$f),$(SCANNER_BIN),$f $B/modelassay))

# --- all of them -----------------------------------------------------------------------------
# The longest steps start first, so that none of them ends alone.
LONG := corpus compromised_worker fault python cli/scan cli/attest
# The caller's -jN, else one step a core.
jobs = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

check:
	@HINT=test-deps tests/require.sh '$(BUILD_PKGS) cmocka' '$(BUILD_HEADERS)' \
	  'python3 openssl git curl pgrep readelf'
	@rm -rf $B/check
	@$(MAKE) --no-print-directory $(jobs) all unit replay shim faulty corpus
	@MA_CHECK_ALL=1 $(MAKE) --no-print-directory $(jobs) $(LONG:%=check-%) $(STEPS:%=check-%)
	@tests/summary.sh $B $(STEPS)
check-list:
	@printf 'check-%s\n' $(STEPS)
check-long: check
	@tests/check-long.sh $B

# --- tests by hand ---------------------------------------------------------------------------
layers:
	@tests/layers.sh
style:
	@python3 tests/style/style.py
demo:
	@$(MAKE) --no-print-directory $(jobs) all
	@tests/demo.sh $B
npm-tools: $(NPM)/.made
$(NPM)/.made: $(wildcard tests/forms/npm/*.json)
	@mkdir -p $(@D) && cp $^ $(@D)
	@cd $(@D) && npm ci --silent --ignore-scripts --no-audit --no-fund
	@chmod +x $(@D)/node_modules/@microsoft/*/Sarif.Multitool && touch $@
interop: all
	@tests/interop.sh $B/modelassay $B/interop
differential: all
	@$(DIFFERENTIAL)
attack: all
	@/usr/bin/python3 -W ignore tests/attack/attack.py $B/modelassay $(or $(T),60) $(or $(SEED),1)
benign: all
	@tests/benign/benign.sh $B/modelassay $B/benign $(WHAT)
.PHONY: attack benign check check-list check-long $(STEPS:%=check-%) corpus demo differential \
        interop layers npm-tools style unit
