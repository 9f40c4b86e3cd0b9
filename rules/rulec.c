/* rulec.c - a build-time program: rules and lists in, one C file of tables out.
 *
 * rulec RULES_DIR OUT.c.  The same loader as at run time reads them, so what
 * is compiled in has been checked; the binary needs no JSON at start-up. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "model.h"

/* A C string: octal escapes end by themselves, hexadecimal ones would not. */
static void put_text(FILE *f, const char *s, size_t n)
{
    (void)fputc('"', f); /* write errors: ferror at the end */
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c < 128 && isprint(c) && c != '"' && c != '\\' && c != '?') {
            (void)fputc(c, f);
        } else {
            (void)fprintf(f, "\\%03o", c);
        }
    }
    (void)fputc('"', f);
}

static void put_pool(FILE *f, const struct model *m)
{
    (void)fprintf(f, "static const char pool[] =\n");
    for (size_t i = 0; i < m->num_pool;) {
        size_t n = strlen(m->pool + i) + 1;
        (void)fputs("    ", f);
        put_text(f, m->pool + i, n);
        (void)fputc('\n', f);
        i += n;
    }
    (void)fputs("    \"\";\n", f);
}

static void put_nodes(FILE *f, const struct model *m)
{
    (void)fputs("static const struct node nodes[] = {\n", f);
    for (size_t i = 0; i < m->num_nodes; i++) {
        const struct node *n = &m->nodes[i];
        (void)fprintf(f, "    { %u, %u, %u, %u, %u, { %u, %u }, UINT64_C(%llu) },\n", n->op,
                      n->field, n->first, n->count, n->as, n->text.off, n->text.len,
                      (unsigned long long)n->num);
    }
    (void)fputs("    { 0, 0, 0, 0, 0, { 0, 0 }, 0 }\n};\nstatic const uint32_t kids[] = {\n", f);
    for (size_t i = 0; i < m->num_kids; i++) {
        (void)fprintf(f, "    %u,\n", m->kids[i]);
    }
    (void)fputs("    0\n};\nstatic const struct value values[] = {\n", f);
    for (size_t i = 0; i < m->num_values; i++) {
        const struct value *v = &m->values[i];
        (void)fprintf(f, "    { { %u, %u }, UINT64_C(%llu) },\n", v->text.off, v->text.len,
                      (unsigned long long)v->num);
    }
    (void)fputs("    { { 0, 0 }, 0 }\n};\n", f);
}

static void put_texts(FILE *f, const char *name, const struct text *t, size_t n)
{
    (void)fprintf(f, "static const struct text %s[] = {\n", name);
    for (size_t i = 0; i < n; i++) {
        (void)fprintf(f, "    { %u, %u },\n", t[i].off, t[i].len);
    }
    (void)fputs("    { 0, 0 }\n};\n", f);
}

static void put_lists(FILE *f, const struct model *m)
{
    (void)fputs("static const struct entry entries[] = {\n", f);
    for (size_t i = 0; i < m->num_entries; i++) {
        const struct entry *e = &m->entries[i];
        (void)fprintf(f, "    { { %u, %u }, { %u, %u }, { %u, %u }, %u },\n", e->module.off,
                      e->module.len, e->name.off, e->name.len, e->reason.off, e->reason.len,
                      e->ops);
    }
    (void)fputs(
        "    { { 0, 0 }, { 0, 0 }, { 0, 0 }, 0 }\n};\nstatic const struct list lists[] = {\n", f);
    for (size_t i = 0; i < m->num_lists; i++) {
        const struct list *l = &m->lists[i];
        (void)fprintf(f, "    { { %u, %u }, %u, %u, %u },\n", l->name.off, l->name.len, l->kind,
                      l->first, l->count);
    }
    (void)fputs("    { { 0, 0 }, 0, 0, 0 }\n};\n", f);
}

static void put_strings(FILE *f, const char *what, size_t i, const char *const *texts)
{
    (void)fprintf(f, "static const char *const %s_%zu[] = { ", what, i);
    for (; *texts; texts++) {
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

static void put_rules(FILE *f, const struct model *m)
{
    for (size_t i = 0; i < m->num_rules; i++) {
        put_strings(f, "refs", i, m->rules[i].refs);
        put_strings(f, "hits", i, m->rules[i].hits);
        put_strings(f, "misses", i, m->rules[i].misses);
    }
    (void)fputs("static const struct rule rules[] = {\n", f);
    for (size_t i = 0; i < m->num_rules; i++) {
        put_rule(f, &m->rules[i], i);
    }
    (void)fputs("    { NULL, NULL, NULL, 0, SEV_NONE, NULL, NULL, NULL, FACT_OBJECT, 0 }\n};\n", f);
}

static void put_model(FILE *f, const struct model *m)
{
    (void)fprintf(f,
                  "const struct model rules_builtin_model = {\n"
                  "    pool, %zu, nodes, %zu, kids, %zu, values, %zu, patterns, %zu,\n"
                  "    entries, %zu, lines, %zu, lists, %zu, rules, %zu, \"%s\",\n    {",
                  m->num_pool, m->num_nodes, m->num_kids, m->num_values, m->num_patterns,
                  m->num_entries, m->num_lines, m->num_lists, m->num_rules, m->version);
    for (size_t i = 0; i < sizeof m->digest; i++) {
        (void)fprintf(f, " %u,", m->digest[i]);
    }
    (void)fputs(" }\n};\n", f);
}

static bool write_model(FILE *f, const struct model *m)
{
    (void)fputs("/* Generated by rulec from rules/packs and rules/lists. Do not edit. */\n"
                "#include \"model.h\"\n"
                "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n",
                f);
    put_pool(f, m);
    put_nodes(f, m);
    put_texts(f, "patterns", m->patterns, m->num_patterns);
    put_texts(f, "lines", m->lines, m->num_lines);
    put_lists(f, m);
    put_rules(f, m);
    put_model(f, m);
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
    struct model *m = model_load(argv[1], NULL, &why);
    if (!m) {
        (void)fprintf(stderr, "rulec: %s\n", why ? why : "out of memory");
        free(why);
        return 1;
    }
    FILE *f = fopen(argv[2], "w");
    bool ok = f && write_model(f, m);
    if (!ok) {
        perror(argv[2]);
        (void)remove(argv[2]); /* half a file is worse than none */
    }
    model_free(m);
    return ok ? 0 : 1;
}
