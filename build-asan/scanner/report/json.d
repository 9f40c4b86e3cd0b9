build-asan/scanner/report/json.o: scanner/report/json.c \
 scanner/report/write.h scanner/report/report.h \
 scanner/report/../../rules/rules.h \
 scanner/report/../../rules/../parsers/base/fact.h \
 scanner/report/../../rules/../parsers/base/cursor.h \
 scanner/report/../../rules/../parsers/base/facts.def \
 scanner/report/escape.h scanner/report/../../parsers/base/cursor.h \
 scanner/report/jsonw.h
scanner/report/write.h:
scanner/report/report.h:
scanner/report/../../rules/rules.h:
scanner/report/../../rules/../parsers/base/fact.h:
scanner/report/../../rules/../parsers/base/cursor.h:
scanner/report/../../rules/../parsers/base/facts.def:
scanner/report/escape.h:
scanner/report/../../parsers/base/cursor.h:
scanner/report/jsonw.h:
