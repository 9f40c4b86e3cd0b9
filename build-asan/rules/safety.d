build-asan/rules/safety.o: rules/safety.c rules/model.h rules/rules.h \
 rules/../parsers/base/fact.h rules/../parsers/base/cursor.h \
 rules/../parsers/base/facts.def
rules/model.h:
rules/rules.h:
rules/../parsers/base/fact.h:
rules/../parsers/base/cursor.h:
rules/../parsers/base/facts.def:
