/* rulec.c - the program that compiles rules and lists into one C file of tables, at build time.
 *
 * usage: rulec RULES_DIR OUT.c.  The loader is that of the run time, so the tables have been
 * checked, and the binary needs no JSON at start-up. */
#include "tables.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Characters that stand for themselves in a C string; '?' can begin a trigraph. */
static bool is_plain(unsigned char c)
{
    bool is_special = c == '"' || c == '\\' || c == '?';
    return c < 128 && isprint(c) && !is_special;
}

/* Writes a C string.  Octal escapes have three digits; hexadecimal ones would have no end.  All
 * writes are checked by one ferror() at the end. */
static void put_text(FILE *f, const char *s, size_t n)
{
    (void)fputc('"', f);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (is_plain(c)) {
            (void)fputc(c, f);
        } else {
            (void)fprintf(f, "\\%03o", c);
        }
    }

    (void)fputc('"', f);
}

static void put_pool(FILE *f, const struct rule_tables *t)
{
    (void)fprintf(f, "static const char pool[] =\n");
    for (size_t i = 0; i < t->num_pool;) {
        size_t n = strlen(t->pool + i) + 1;
        (void)fputs("    ", f);
        put_text(f, t->pool + i, n);
        (void)fputc('\n', f);
        i += n;
    }

    (void)fputs("    \"\";\n", f);
}

static void put_nodes(FILE *f, const struct rule_tables *t)
{
    (void)fputs("static const struct node nodes[] = {\n", f);
    for (size_t i = 0; i < t->num_nodes; i++) {
        const struct node *n = &t->nodes[i];
        (void)fprintf(f, "    { %u, %u, %u, %u, %u, { %u, %u }, UINT64_C(%llu) },\n", n->op,
                      n->field, n->first, n->count, n->as, n->text.off, n->text.len,
                      (unsigned long long)n->num);
    }

    (void)fputs("    { 0, 0, 0, 0, 0, { 0, 0 }, 0 }\n};\nstatic const uint32_t kids[] = {\n", f);
    for (size_t i = 0; i < t->num_kids; i++) {
        (void)fprintf(f, "    %u,\n", t->kids[i]);
    }

    (void)fputs("    0\n};\nstatic const struct value values[] = {\n", f);
    for (size_t i = 0; i < t->num_values; i++) {
        const struct value *v = &t->values[i];
        (void)fprintf(f, "    { { %u, %u }, UINT64_C(%llu) },\n", v->text.off, v->text.len,
                      (unsigned long long)v->num);
    }

    (void)fputs("    { { 0, 0 }, 0 }\n};\n", f);
}

static void put_texts(FILE *f, const char *name, const struct pool_text *texts, size_t n)
{
    (void)fprintf(f, "static const struct pool_text %s[] = {\n", name);
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(f, "    { %u, %u },\n", texts[i].off, texts[i].len);
    }
    (void)fputs("    { 0, 0 }\n};\n", f);
}

static void put_lists(FILE *f, const struct rule_tables *t)
{
    (void)fputs("static const struct entry entries[] = {\n", f);
    for (size_t i = 0; i < t->num_entries; i++) {
        const struct entry *e = &t->entries[i];
        (void)fprintf(f, "    { { %u, %u }, { %u, %u }, { %u, %u }, %u },\n", e->module.off,
                      e->module.len, e->name.off, e->name.len, e->reason.off, e->reason.len,
                      e->ops);
    }

    (void)fputs(
        "    { { 0, 0 }, { 0, 0 }, { 0, 0 }, 0 }\n};\nstatic const struct list lists[] = {\n", f);
    for (size_t i = 0; i < t->num_lists; i++) {
        const struct list *l = &t->lists[i];
        (void)fprintf(f, "    { { %u, %u }, %u, %u, %u },\n", l->name.off, l->name.len, l->kind,
                      l->first, l->count);
    }

    (void)fputs("    { { 0, 0 }, 0, 0, 0 }\n};\n", f);
}

static void put_strings(FILE *f, const char *what, size_t i, const char *const *texts)
{
    (void)fprintf(f, "static const char *const %s_%zu[] = { ", what, i);
    for (; *texts != NULL; texts++) {
        put_text(f, *texts, strlen(*texts));
        (void)fputs(", ", f);
    }
    (void)fputs("NULL };\n", f);
}

static void put_rule(FILE *f, const struct rule *r, size_t i)
{
    const char *texts[] = { r->id, r->title, r->why };
    (void)fputs("    { ", f);
    for (size_t k = 0; k < 3; k++) {
        put_text(f, texts[k], strlen(texts[k]));
        (void)fputs(",\n      ", f);
    }

    (void)fprintf(
        f, "%u, (enum severity)%d, refs_%zu, hits_%zu, misses_%zu, (enum fact_kind)%d, %u },\n",
        r->rev, (int)r->severity, i, i, i, (int)r->fact, r->match);
}

static void put_rules(FILE *f, const struct rule_tables *t)
{
    for (size_t i = 0; i < t->num_rules; i++) {
        put_strings(f, "refs", i, t->rules[i].refs);
        put_strings(f, "hits", i, t->rules[i].hits);
        put_strings(f, "misses", i, t->rules[i].misses);
    }

    (void)fputs("static const struct rule rules[] = {\n", f);
    for (size_t i = 0; i < t->num_rules; i++) {
        put_rule(f, &t->rules[i], i);
    }

    (void)fputs("    { NULL, NULL, NULL, 0, SEV_NONE, NULL, NULL, NULL, FACT_OBJECT, 0 }\n};\n", f);
}

static void put_tables(FILE *f, const struct rule_tables *t)
{
    (void)fprintf(f,
                  "const struct rule_tables rules_builtin_tables = {\n"
                  "    pool, %zu, nodes, %zu, kids, %zu, values, %zu, patterns, %zu,\n"
                  "    entries, %zu, lines, %zu, lists, %zu, rules, %zu, \"%s\",\n    {",
                  t->num_pool, t->num_nodes, t->num_kids, t->num_values, t->num_patterns,
                  t->num_entries, t->num_lines, t->num_lists, t->num_rules, t->version);
    for (size_t i = 0; i < sizeof t->digest; i++) {
        (void)fprintf(f, " %u,", t->digest[i]);
    }

    (void)fputs(" }\n};\n", f);
}

static bool write_tables(FILE *f, const struct rule_tables *t)
{
    (void)fputs("/* Generated by rulec from rules/packs and rules/lists. Do not edit. */\n"
                "#include \"tables.h\"\n"
                "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n",
                f);
    put_pool(f, t);
    put_nodes(f, t);
    put_texts(f, "patterns", t->patterns, t->num_patterns);
    put_texts(f, "lines", t->lines, t->num_lines);
    put_lists(f, t);
    put_rules(f, t);
    put_tables(f, t);
    bool ok = !ferror(f);
    return fclose(f) == 0 && ok;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        (void)fprintf(stderr, "usage: rulec RULES_DIR OUT.c\n");
        return 64;
    }

    char *why = NULL;
    struct rule_tables *t = rule_tables_load(argv[1], NULL, &why);
    if (t == NULL) {
        (void)fprintf(stderr, "rulec: %s\n", why != NULL ? why : "out of memory");
        free(why);
        return 1;
    }

    FILE *f = fopen(argv[2], "w");
    bool ok = f != NULL && write_tables(f, t);
    if (!ok) {
        perror(argv[2]);
        (void)remove(argv[2]); /* make takes a partial file for a complete one */
    }

    rule_tables_free(t);
    return ok ? 0 : 1;
}
