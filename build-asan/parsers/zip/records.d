build-asan/parsers/zip/records.o: parsers/zip/records.c \
 parsers/zip/records.h parsers/zip/../base/cursor.h
parsers/zip/records.h:
parsers/zip/../base/cursor.h:
