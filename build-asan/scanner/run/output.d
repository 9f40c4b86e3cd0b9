build-asan/scanner/run/output.o: scanner/run/output.c \
 scanner/run/output.h scanner/run/../../parsers/base/cursor.h
scanner/run/output.h:
scanner/run/../../parsers/base/cursor.h:
