# bench.mk - speed, measured as ratios against what is installed.
#
#   make bench              SCALE=4 for tensor files of 1 GB
#   make bench-gate         GIB=2: the daemon under load, held to bounds
BENCH_BIN := $B/weights $B/forks
$(BENCH_BIN): $B/%: tests/bench/%.c $B/.flags
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) -o $@ $< $(MA_LDFLAGS) $(LDFLAGS)
bench: all $(BENCH_BIN)
	@python3 tests/bench/bench.py $B/modelassay $B/weights $(or $(SCALE),1) $B/forks
bench-gate: all $B/weights
	@python3 tests/bench/gate.py $B/modelassay $B/weights $(or $(GIB),2)
.PHONY: bench bench-gate
