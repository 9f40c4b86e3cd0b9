build-asan/rules/ruleset.o: rules/ruleset.c rules/ruleset.h rules/model.h \
 rules/rules.h rules/../parsers/base/fact.h \
 rules/../parsers/base/cursor.h rules/../parsers/base/facts.def
rules/ruleset.h:
rules/model.h:
rules/rules.h:
rules/../parsers/base/fact.h:
rules/../parsers/base/cursor.h:
rules/../parsers/base/facts.def:
