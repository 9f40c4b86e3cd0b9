build-asan/parsers/base/cursor.o: parsers/base/cursor.c \
 parsers/base/cursor.h
parsers/base/cursor.h:
