build-asan/parsers/zip/readings.o: parsers/zip/readings.c \
 parsers/zip/readings.h parsers/zip/../base/parser.h \
 parsers/zip/../base/budget.h parsers/zip/../base/cursor.h \
 parsers/zip/../base/limits.def parsers/zip/../base/sink.h \
 parsers/zip/../base/fact.h parsers/zip/../base/facts.def \
 parsers/zip/../base/source.h parsers/zip/../base/stream.h \
 parsers/zip/records.h parsers/zip/../base/cursor.h
parsers/zip/readings.h:
parsers/zip/../base/parser.h:
parsers/zip/../base/budget.h:
parsers/zip/../base/cursor.h:
parsers/zip/../base/limits.def:
parsers/zip/../base/sink.h:
parsers/zip/../base/fact.h:
parsers/zip/../base/facts.def:
parsers/zip/../base/source.h:
parsers/zip/../base/stream.h:
parsers/zip/records.h:
parsers/zip/../base/cursor.h:
