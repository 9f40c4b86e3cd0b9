# fault.mk - the shim of tests/fault, which is loaded before a program's own libraries.
$B/fault/shim.so: tests/fault/shim.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O2 $(WARN) -fPIC -shared -o $@ $<
shim: $B/fault/shim.so
.PHONY: shim
# The program with a parser that was taken over: its table of parsers stands before the library's.
$B/fault/faulty: tests/fault/faulty.c $(CLI_OBJ) $B/libmodelassay.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -Wl,--wrap=report_encode,--wrap=ring_attach -o $@ $^ $(LDFLAGS) $(LDLIBS)
faulty: $B/fault/faulty
.PHONY: faulty
