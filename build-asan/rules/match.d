build-asan/rules/match.o: rules/match.c rules/ruleset.h rules/model.h \
 rules/rules.h rules/../parsers/base/fact.h \
 rules/../parsers/base/cursor.h rules/../parsers/base/facts.def
rules/ruleset.h:
rules/model.h:
rules/rules.h:
rules/../parsers/base/fact.h:
rules/../parsers/base/cursor.h:
rules/../parsers/base/facts.def:
