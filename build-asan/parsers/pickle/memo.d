build-asan/parsers/pickle/memo.o: parsers/pickle/memo.c \
 parsers/pickle/machine.h parsers/pickle/../base/parser.h \
 parsers/pickle/../base/budget.h parsers/pickle/../base/cursor.h \
 parsers/pickle/../base/limits.def parsers/pickle/../base/sink.h \
 parsers/pickle/../base/fact.h parsers/pickle/../base/facts.def \
 parsers/pickle/../base/source.h parsers/pickle/../base/stream.h
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
