build-asan/scanner/run/evidence.o: scanner/run/evidence.c \
 scanner/run/evidence.h scanner/run/../../parsers/base/fact.h \
 scanner/run/../../parsers/base/cursor.h \
 scanner/run/../../parsers/base/facts.def scanner/run/../report/escape.h \
 scanner/run/../report/../../parsers/base/cursor.h
scanner/run/evidence.h:
scanner/run/../../parsers/base/fact.h:
scanner/run/../../parsers/base/cursor.h:
scanner/run/../../parsers/base/facts.def:
scanner/run/../report/escape.h:
scanner/run/../report/../../parsers/base/cursor.h:
