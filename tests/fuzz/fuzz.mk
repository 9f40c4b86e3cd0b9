# fuzz.mk - the fuzz targets, as programs of gcc that replay files and with libFuzzer of clang.
#
#   make fuzz               T=60 ONLY="pickle zip": each target for T seconds, under ASan and UBSan
PARSER_TARGETS := pickle zip safetensors gguf onnx packed sidefiles templates
OTHER_TARGETS  := $(filter-out parser,$(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_TARGETS   := $(PARSER_TARGETS) $(OTHER_TARGETS)
# Parsers by the names that they have in reports.
NAMES_packed    := numpy tar gzip bzip2 xz lzma zstd lz4 zlib joblib-zfile sealed
NAMES_sidefiles := model-config torchscript-code
NAMES_templates := chat-template
fuzz_names  = $(or $(NAMES_$1),$1)
fuzz_source = tests/fuzz/fuzz_$(if $(filter $1,$(PARSER_TARGETS)),parser,$1).c
fuzz_flags  = $(if $(filter $1,$(PARSER_TARGETS)),-DTARGETS='" $(call fuzz_names,$1) "')

fuzz_wrap := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup

REPLAY := $(FUZZ_TARGETS:%=$B/fuzz/replay-%)
FUZZ_OBJ := $B/tests/fuzz/common.o $B/tests/fuzz/alloc.o
fuzz_link = $(COMPILE) $(call fuzz_flags,$*) $1 -o $@ $< $(filter %.o,$^) $B/libmodelassay.a \
            $(fuzz_wrap) $(MA_LDFLAGS) $(LDFLAGS) $(LIBS)

replay: $(REPLAY)
$B/fuzz/seeds/.made: tests/fuzz/seeds.py $B/corpus.made $B/modelassay
	$(call say,SEEDS)CORPUS=$B/corpus \
	  python3 tests/fuzz/seeds.py $B/modelassay corpus $(@D) >/dev/null && touch $@
.SECONDEXPANSION:
$(REPLAY): $B/fuzz/replay-%: $$(call fuzz_source,$$*) tests/fuzz/fuzz.h $(FUZZ_OBJ) \
                             $B/tests/fuzz/replay.o $B/libmodelassay.a | $B/fuzz/seeds/.made
	$(call say,LD)$(call fuzz_link)
-include $(FUZZ_OBJ:.o=.d) $B/tests/fuzz/replay.d

# make fuzz builds everything a second time, in $B-fuzz, by calling itself.
FUZZ_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZERS  := $(FUZZ_TARGETS:%=$B/fuzz/fuzz-%)
$(FUZZERS): $B/fuzz/fuzz-%: $$(call fuzz_source,$$*) tests/fuzz/fuzz.h $(FUZZ_OBJ) \
                            $B/libmodelassay.a
	@mkdir -p $(@D)
	$(call say,LD)$(call fuzz_link,-fsanitize=fuzzer)
fuzzers: $(FUZZERS) $B/fuzz/seeds/.made
fuzz:
	@HINT=fuzz-deps tests/require.sh '' '' clang
	@$(MAKE) --no-print-directory $(jobs) B=$B-fuzz CC=clang OPT=-O1 \
	  SAN="$(FUZZ_SAN) -fsanitize=fuzzer-no-link" fuzzers
	@tests/fuzz/fuzz.sh $B-fuzz $(or $(T),60) $(or $(ONLY),$(FUZZ_TARGETS))
.PHONY: fuzz fuzzers replay
