build-asan/parsers/registry.o: parsers/registry.c parsers/base/parser.h \
 parsers/base/budget.h parsers/base/cursor.h parsers/base/limits.def \
 parsers/base/sink.h parsers/base/fact.h parsers/base/facts.def \
 parsers/base/source.h parsers/parsers.def
parsers/base/parser.h:
parsers/base/budget.h:
parsers/base/cursor.h:
parsers/base/limits.def:
parsers/base/sink.h:
parsers/base/fact.h:
parsers/base/facts.def:
parsers/base/source.h:
parsers/parsers.def:
