# fault.mk - the shim, which is loaded before a program's own libraries, and the scanner whose
# worker is compromised: its table of parsers and its __wrap_ functions take the place of the
# library's.
$B/fault/shim.so: tests/fault/shim.c $B/.flags
	@mkdir -p $(@D)
	$(call say,LD)$(CC) -std=c11 -D_GNU_SOURCE -O2 $(WARN) -fPIC -shared -o $@ $<
shim: $B/fault/shim.so

FAULTY_WRAPS = $(shell grep -oE '__wrap_[a-z0-9_]+' $< | sed 's/__wrap_/-Wl,--wrap=/')
$B/fault/faulty: tests/fault/faulty.c $(CLI_OBJ) $B/libmodelassay.a
	@mkdir -p $(@D)
	$(call say,LD)$(COMPILE) $(sort $(FAULTY_WRAPS)) -o $@ $^ $(MA_LDFLAGS) $(LDFLAGS) $(LIBS)
faulty: $B/fault/faulty
.PHONY: faulty shim
