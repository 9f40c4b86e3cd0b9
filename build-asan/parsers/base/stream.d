build-asan/parsers/base/stream.o: parsers/base/stream.c \
 parsers/base/stream.h parsers/base/source.h parsers/base/cursor.h
parsers/base/stream.h:
parsers/base/source.h:
parsers/base/cursor.h:
