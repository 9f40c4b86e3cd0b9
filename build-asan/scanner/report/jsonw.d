build-asan/scanner/report/jsonw.o: scanner/report/jsonw.c \
 scanner/report/jsonw.h scanner/report/../../parsers/base/cursor.h \
 scanner/report/escape.h
scanner/report/jsonw.h:
scanner/report/../../parsers/base/cursor.h:
scanner/report/escape.h:
