build-asan/scanner/run/collect.o: scanner/run/collect.c \
 scanner/run/collect.h scanner/run/scan.h \
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
 scanner/run/../report/../../parsers/base/cursor.h scanner/run/evidence.h \
 scanner/run/../../parsers/base/fact.h scanner/run/queue.h \
 scanner/run/job.h
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
scanner/run/../report/escape.h:
scanner/run/../report/../../parsers/base/cursor.h:
scanner/run/evidence.h:
scanner/run/../../parsers/base/fact.h:
scanner/run/queue.h:
scanner/run/job.h:
