build-asan/scanner/attest/bundle.o: scanner/attest/bundle.c \
 scanner/attest/attest.h scanner/attest/../report/report.h \
 scanner/attest/../report/../../rules/rules.h \
 scanner/attest/../report/../../rules/../parsers/base/fact.h \
 scanner/attest/../report/../../rules/../parsers/base/cursor.h \
 scanner/attest/../report/../../rules/../parsers/base/facts.def \
 scanner/attest/key.h scanner/attest/../../parsers/base/cursor.h \
 scanner/attest/../report/jsonw.h \
 scanner/attest/../report/../../parsers/base/cursor.h
scanner/attest/attest.h:
scanner/attest/../report/report.h:
scanner/attest/../report/../../rules/rules.h:
scanner/attest/../report/../../rules/../parsers/base/fact.h:
scanner/attest/../report/../../rules/../parsers/base/cursor.h:
scanner/attest/../report/../../rules/../parsers/base/facts.def:
scanner/attest/key.h:
scanner/attest/../../parsers/base/cursor.h:
scanner/attest/../report/jsonw.h:
scanner/attest/../report/../../parsers/base/cursor.h:
