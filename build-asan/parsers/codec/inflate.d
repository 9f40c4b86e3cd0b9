build-asan/parsers/codec/inflate.o: parsers/codec/inflate.c \
 parsers/codec/backend.h parsers/codec/codec.h \
 parsers/codec/../base/budget.h parsers/codec/../base/cursor.h \
 parsers/codec/../base/limits.def parsers/codec/../base/sink.h \
 parsers/codec/../base/fact.h parsers/codec/../base/facts.def \
 parsers/codec/../base/source.h
parsers/codec/backend.h:
parsers/codec/codec.h:
parsers/codec/../base/budget.h:
parsers/codec/../base/cursor.h:
parsers/codec/../base/limits.def:
parsers/codec/../base/sink.h:
parsers/codec/../base/fact.h:
parsers/codec/../base/facts.def:
parsers/codec/../base/source.h:
