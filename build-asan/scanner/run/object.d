build-asan/scanner/run/object.o: scanner/run/object.c \
 scanner/run/object.h scanner/run/collect.h scanner/run/scan.h \
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
 scanner/run/job.h
scanner/run/object.h:
scanner/run/collect.h:
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
scanner/run/job.h:
