build-asan/parsers/base/fact.o: parsers/base/fact.c parsers/base/fact.h \
 parsers/base/cursor.h parsers/base/facts.def
parsers/base/fact.h:
parsers/base/cursor.h:
parsers/base/facts.def:
