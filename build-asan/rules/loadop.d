build-asan/rules/loadop.o: rules/loadop.c rules/build.h rules/model.h \
 rules/rules.h rules/../parsers/base/fact.h \
 rules/../parsers/base/cursor.h rules/../parsers/base/facts.def
rules/build.h:
rules/model.h:
rules/rules.h:
rules/../parsers/base/fact.h:
rules/../parsers/base/cursor.h:
rules/../parsers/base/facts.def:
