build-asan/parsers/base/source.o: parsers/base/source.c \
 parsers/base/source.h parsers/base/cursor.h
parsers/base/source.h:
parsers/base/cursor.h:
