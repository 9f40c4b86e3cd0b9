/* cmd_rules.c - the commands rules list, rules check, explain and formats. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int list_rules(void)
{
    const struct ruleset *rs = rules_builtin();
    for (size_t i = 0; i < rules_count(rs); i++) {
        const struct rule *r = rules_at(rs, i);
        printf("%-22s %-8s %s\n", r->id, severity_name(r->severity), r->title);
    }
    return 0;
}

static int check_rules(const char *dir)
{
    char *why = NULL;
    struct ruleset *rs = rules_load(dir, &why);
    if (rs == NULL) {
        int code = complain(EXIT_INCOMPLETE, "%s", why != NULL ? why : "out of memory");
        free(why);
        return code;
    }

    printf("%zu rules, %zu of them built in\n", rules_count(rs), rules_count(rules_builtin()));
    rules_free(rs);
    return 0;
}

int cmd_rules(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        return list_rules();
    }
    if (argc == 3 && strcmp(argv[1], "check") == 0) {
        return check_rules(argv[2]);
    }
    return complain(EXIT_USAGE, "usage: modelassay rules list | check DIR");
}

int cmd_explain(int argc, char **argv)
{
    if (argc != 2) {
        return complain(EXIT_USAGE, "usage: modelassay explain RULE");
    }

    const struct rule *r = rules_find(rules_builtin(), argv[1]);
    if (r == NULL) {
        return complain(EXIT_USAGE, "no rule is called %s; see modelassay rules list", argv[1]);
    }

    printf("%s (%s)\n%s\n\n%s\n", r->id, severity_name(r->severity), r->title, r->why);
    for (const char *const *ref = r->refs; ref != NULL && *ref != NULL; ref++) {
        printf("  %s\n", *ref);
    }
    return 0;
}

int cmd_formats(int argc, char **argv)
{
    (void)argv; /* unused: there are no arguments */
    if (argc != 1) {
        return complain(EXIT_USAGE, "usage: modelassay formats");
    }

    for (size_t i = 0; parsers[i] != NULL; i++) {
        printf("%-14s %s\n%-14s   clean: %s\n", parsers[i]->name, parsers[i]->reads, "",
               parsers[i]->covers);
    }

    puts("\nAnd for every one: all bytes were hashed and searched, every object inside was read, "
         "and no limit was hit.");
    return 0;
}
