build-asan/scanner/report/escape.o: scanner/report/escape.c \
 scanner/report/escape.h scanner/report/../../parsers/base/cursor.h
scanner/report/escape.h:
scanner/report/../../parsers/base/cursor.h:
