build-asan/scanner/attest/key.o: scanner/attest/key.c \
 scanner/attest/key.h scanner/attest/../../parsers/base/cursor.h
scanner/attest/key.h:
scanner/attest/../../parsers/base/cursor.h:
