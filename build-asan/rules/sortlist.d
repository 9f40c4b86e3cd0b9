build-asan/rules/sortlist.o: rules/sortlist.c rules/build.h rules/model.h \
 rules/rules.h rules/../parsers/base/fact.h \
 rules/../parsers/base/cursor.h rules/../parsers/base/facts.def
rules/build.h:
rules/model.h:
rules/rules.h:
rules/../parsers/base/fact.h:
rules/../parsers/base/cursor.h:
rules/../parsers/base/facts.def:
