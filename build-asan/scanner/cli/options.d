build-asan/scanner/cli/options.o: scanner/cli/options.c scanner/cli/cli.h \
 scanner/cli/../run/scan.h scanner/cli/../run/../../parsers/base/parser.h \
 scanner/cli/../run/../../parsers/base/budget.h \
 scanner/cli/../run/../../parsers/base/cursor.h \
 scanner/cli/../run/../../parsers/base/limits.def \
 scanner/cli/../run/../../parsers/base/sink.h \
 scanner/cli/../run/../../parsers/base/fact.h \
 scanner/cli/../run/../../parsers/base/facts.def \
 scanner/cli/../run/../../parsers/base/source.h \
 scanner/cli/../run/../report/report.h \
 scanner/cli/../run/../report/../../rules/rules.h \
 scanner/cli/../run/../report/../../rules/../parsers/base/fact.h
scanner/cli/cli.h:
scanner/cli/../run/scan.h:
scanner/cli/../run/../../parsers/base/parser.h:
scanner/cli/../run/../../parsers/base/budget.h:
scanner/cli/../run/../../parsers/base/cursor.h:
scanner/cli/../run/../../parsers/base/limits.def:
scanner/cli/../run/../../parsers/base/sink.h:
scanner/cli/../run/../../parsers/base/fact.h:
scanner/cli/../run/../../parsers/base/facts.def:
scanner/cli/../run/../../parsers/base/source.h:
scanner/cli/../run/../report/report.h:
scanner/cli/../run/../report/../../rules/rules.h:
scanner/cli/../run/../report/../../rules/../parsers/base/fact.h:
