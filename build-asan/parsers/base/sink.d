build-asan/parsers/base/sink.o: parsers/base/sink.c parsers/base/sink.h \
 parsers/base/fact.h parsers/base/cursor.h parsers/base/facts.def
parsers/base/sink.h:
parsers/base/fact.h:
parsers/base/cursor.h:
parsers/base/facts.def:
