build-asan/scanner/api.o: scanner/api.c scanner/modelassay.h \
 scanner/report/write.h scanner/report/report.h \
 scanner/report/../../rules/rules.h \
 scanner/report/../../rules/../parsers/base/fact.h \
 scanner/report/../../rules/../parsers/base/cursor.h \
 scanner/report/../../rules/../parsers/base/facts.def scanner/run/scan.h \
 scanner/run/../../parsers/base/parser.h \
 scanner/run/../../parsers/base/budget.h \
 scanner/run/../../parsers/base/cursor.h \
 scanner/run/../../parsers/base/limits.def \
 scanner/run/../../parsers/base/sink.h \
 scanner/run/../../parsers/base/fact.h \
 scanner/run/../../parsers/base/source.h scanner/run/../report/report.h
scanner/modelassay.h:
scanner/report/write.h:
scanner/report/report.h:
scanner/report/../../rules/rules.h:
scanner/report/../../rules/../parsers/base/fact.h:
scanner/report/../../rules/../parsers/base/cursor.h:
scanner/report/../../rules/../parsers/base/facts.def:
scanner/run/scan.h:
scanner/run/../../parsers/base/parser.h:
scanner/run/../../parsers/base/budget.h:
scanner/run/../../parsers/base/cursor.h:
scanner/run/../../parsers/base/limits.def:
scanner/run/../../parsers/base/sink.h:
scanner/run/../../parsers/base/fact.h:
scanner/run/../../parsers/base/source.h:
scanner/run/../report/report.h:
