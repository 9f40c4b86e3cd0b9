# fault.mk - the shim of tests/fault, which is loaded before a program's own libraries.
$B/fault/shim.so: tests/fault/shim.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O2 $(WARN) -fPIC -shared -o $@ $<
shim: $B/fault/shim.so
.PHONY: shim
