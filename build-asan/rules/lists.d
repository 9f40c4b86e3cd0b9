build-asan/rules/lists.o: rules/lists.c rules/model.h rules/rules.h \
 rules/../parsers/base/fact.h rules/../parsers/base/cursor.h \
 rules/../parsers/base/facts.def
rules/model.h:
rules/rules.h:
rules/../parsers/base/fact.h:
rules/../parsers/base/cursor.h:
rules/../parsers/base/facts.def:
