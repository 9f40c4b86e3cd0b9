build-asan/scanner/report/report.o: scanner/report/report.c \
 scanner/report/report.h scanner/report/../../rules/rules.h \
 scanner/report/../../rules/../parsers/base/fact.h \
 scanner/report/../../rules/../parsers/base/cursor.h \
 scanner/report/../../rules/../parsers/base/facts.def
scanner/report/report.h:
scanner/report/../../rules/rules.h:
scanner/report/../../rules/../parsers/base/fact.h:
scanner/report/../../rules/../parsers/base/cursor.h:
scanner/report/../../rules/../parsers/base/facts.def:
