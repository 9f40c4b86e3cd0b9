build-asan/parsers/pickle/names.o: parsers/pickle/names.c \
 parsers/pickle/machine.h parsers/pickle/../base/parser.h \
 parsers/pickle/../base/budget.h parsers/pickle/../base/cursor.h \
 parsers/pickle/../base/limits.def parsers/pickle/../base/sink.h \
 parsers/pickle/../base/fact.h parsers/pickle/../base/facts.def \
 parsers/pickle/../base/source.h parsers/pickle/../base/stream.h \
 parsers/pickle/names.def
parsers/pickle/machine.h:
parsers/pickle/../base/parser.h:
parsers/pickle/../base/budget.h:
parsers/pickle/../base/cursor.h:
parsers/pickle/../base/limits.def:
parsers/pickle/../base/sink.h:
parsers/pickle/../base/fact.h:
parsers/pickle/../base/facts.def:
parsers/pickle/../base/source.h:
parsers/pickle/../base/stream.h:
parsers/pickle/names.def:
