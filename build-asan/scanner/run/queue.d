build-asan/scanner/run/queue.o: scanner/run/queue.c scanner/run/queue.h \
 scanner/run/job.h scanner/run/../../parsers/base/parser.h \
 scanner/run/../../parsers/base/budget.h \
 scanner/run/../../parsers/base/cursor.h \
 scanner/run/../../parsers/base/limits.def \
 scanner/run/../../parsers/base/sink.h \
 scanner/run/../../parsers/base/fact.h \
 scanner/run/../../parsers/base/facts.def \
 scanner/run/../../parsers/base/source.h
scanner/run/queue.h:
scanner/run/job.h:
scanner/run/../../parsers/base/parser.h:
scanner/run/../../parsers/base/budget.h:
scanner/run/../../parsers/base/cursor.h:
scanner/run/../../parsers/base/limits.def:
scanner/run/../../parsers/base/sink.h:
scanner/run/../../parsers/base/fact.h:
scanner/run/../../parsers/base/facts.def:
scanner/run/../../parsers/base/source.h:
