# fuzz.mk - the fuzz targets, twice: with gcc as programs that replay files, with clang and libFuzzer.
#
#   make fuzz T=60 [ONLY="pickle zip"]    each target for T seconds, under ASan and UBSan
PARSER_TARGETS := pickle zip safetensors gguf onnx packed sidefiles
FUZZ_TARGETS   := $(PARSER_TARGETS) $(patsubst tests/fuzz/fuzz_%.c,%,$(filter-out %/fuzz_parser.c,$(wildcard tests/fuzz/fuzz_*.c)))
# Parsers by the names that they have in reports.
NAMES_packed    := numpy tar gzip bzip2 xz lzma zstd lz4 zlib joblib-zfile sealed
NAMES_sidefiles := model-config chat-template torchscript-code
fuzz_names  = $(or $(NAMES_$1),$1)
fuzz_source = tests/fuzz/fuzz_$(if $(filter $1,$(PARSER_TARGETS)),parser,$1).c
fuzz_flags  = $(if $(filter $1,$(PARSER_TARGETS)),-DTARGETS='" $(call fuzz_names,$1) "')

fuzz_wrap := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup

REPLAY := $(FUZZ_TARGETS:%=$B/fuzz/replay-%)
replay: $(REPLAY)
$B/fuzz/seeds/.made: tests/fuzz/seeds.py $(wildcard tests/mk/*.py) $B/modelassay
	python3 tests/fuzz/seeds.py $B/modelassay corpus $(@D) && touch $@
.SECONDEXPANSION:
$(REPLAY): $B/fuzz/replay-%: $$(call fuzz_source,$$*) tests/fuzz/common.c tests/fuzz/alloc.c tests/fuzz/replay.c tests/fuzz/fuzz.h $B/libmodelassay.a $B/fuzz/seeds/.made
	$(CC) $(CPPFLAGS) $(CFLAGS) $(call fuzz_flags,$*) -o $@ $(filter %.c,$^) $B/libmodelassay.a $(fuzz_wrap) $(LDFLAGS) $(LDLIBS)

# make fuzz builds everything a second time, in $B-fuzz, by calling itself.
FUZZ_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZERS  := $(FUZZ_TARGETS:%=$B/fuzz/fuzz-%)
$(FUZZERS): $B/fuzz/fuzz-%: $$(call fuzz_source,$$*) tests/fuzz/common.c tests/fuzz/alloc.c tests/fuzz/fuzz.h $B/libmodelassay.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(call fuzz_flags,$*) -fsanitize=fuzzer -o $@ $(filter %.c,$^) $B/libmodelassay.a $(fuzz_wrap) $(LDFLAGS) $(LDLIBS)
fuzzers: $(FUZZERS) $B/fuzz/seeds/.made
fuzz:
	@tests/deps.sh build fuzz
	@$(MAKE) --no-print-directory -j$$(nproc) B=$B-fuzz CC=clang OPT=-O1 SAN="$(FUZZ_SAN) -fsanitize=fuzzer-no-link" fuzzers
	@tests/fuzz/fuzz.sh $B-fuzz $(or $(T),60) $(or $(ONLY),$(FUZZ_TARGETS))
.PHONY: replay fuzzers fuzz
