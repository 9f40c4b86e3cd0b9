build-asan/parsers/base/budget.o: parsers/base/budget.c \
 parsers/base/budget.h parsers/base/cursor.h parsers/base/limits.def
parsers/base/budget.h:
parsers/base/cursor.h:
parsers/base/limits.def:
