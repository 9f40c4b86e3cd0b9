build-asan/scanner/run/scan.o: scanner/run/scan.c scanner/run/scan.h \
 scanner/run/../../parsers/base/parser.h \
 scanner/run/../../parsers/base/budget.h \
 scanner/run/../../parsers/base/cursor.h \
 scanner/run/../../parsers/base/limits.def \
 scanner/run/../../parsers/base/sink.h \
 scanner/run/../../parsers/base/fact.h \
 scanner/run/../../parsers/base/facts.def \
 scanner/run/../../parsers/base/source.h scanner/run/../report/report.h \
 scanner/run/../report/../../rules/rules.h \
 scanner/run/../report/../../rules/../parsers/base/fact.h \
 scanner/run/../report/escape.h \
 scanner/run/../report/../../parsers/base/cursor.h scanner/run/file.h \
 scanner/run/walk.h
scanner/run/scan.h:
scanner/run/../../parsers/base/parser.h:
scanner/run/../../parsers/base/budget.h:
scanner/run/../../parsers/base/cursor.h:
scanner/run/../../parsers/base/limits.def:
scanner/run/../../parsers/base/sink.h:
scanner/run/../../parsers/base/fact.h:
scanner/run/../../parsers/base/facts.def:
scanner/run/../../parsers/base/source.h:
scanner/run/../report/report.h:
scanner/run/../report/../../rules/rules.h:
scanner/run/../report/../../rules/../parsers/base/fact.h:
scanner/run/../report/escape.h:
scanner/run/../report/../../parsers/base/cursor.h:
scanner/run/file.h:
scanner/run/walk.h:
