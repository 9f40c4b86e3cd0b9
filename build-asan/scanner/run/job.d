build-asan/scanner/run/job.o: scanner/run/job.c scanner/run/job.h \
 scanner/run/../../parsers/base/parser.h \
 scanner/run/../../parsers/base/budget.h \
 scanner/run/../../parsers/base/cursor.h \
 scanner/run/../../parsers/base/limits.def \
 scanner/run/../../parsers/base/sink.h \
 scanner/run/../../parsers/base/fact.h \
 scanner/run/../../parsers/base/facts.def \
 scanner/run/../../parsers/base/source.h \
 scanner/run/../../parsers/codec/codec.h \
 scanner/run/../../parsers/codec/../base/budget.h \
 scanner/run/../../parsers/codec/../base/sink.h \
 scanner/run/../../parsers/codec/../base/source.h \
 scanner/run/../report/escape.h \
 scanner/run/../report/../../parsers/base/cursor.h
scanner/run/job.h:
scanner/run/../../parsers/base/parser.h:
scanner/run/../../parsers/base/budget.h:
scanner/run/../../parsers/base/cursor.h:
scanner/run/../../parsers/base/limits.def:
scanner/run/../../parsers/base/sink.h:
scanner/run/../../parsers/base/fact.h:
scanner/run/../../parsers/base/facts.def:
scanner/run/../../parsers/base/source.h:
scanner/run/../../parsers/codec/codec.h:
scanner/run/../../parsers/codec/../base/budget.h:
scanner/run/../../parsers/codec/../base/sink.h:
scanner/run/../../parsers/codec/../base/source.h:
scanner/run/../report/escape.h:
scanner/run/../report/../../parsers/base/cursor.h:
