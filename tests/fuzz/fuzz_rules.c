/* fuzz_rules.c - --rules DIR with one hostile pack, and with one hostile list.
 *
 * Oracle: a set that loads has every rule of the built-in one, and a failure has a reason. */
#include "../../rules/rules.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void on_hit(void *ctx, const struct rule *r, const struct fact *f)
{
    (void)f;
    MUST(r->id != NULL && r->title != NULL);
    ++*(size_t *)ctx;
}

static void check_set(const struct ruleset *set)
{
    struct fact f = { .kind = FACT_CALL,
                      .call = {
                          .module = BYTES("os"), .name = BYTES("system"), .op = BYTES("call") } };
    size_t hits = 0;
    rules_match(set, &f, on_hit, &hits);
    MUST(hits > 0); /* added packs do not lower the built-in rules */
    MUST(rules_safety(set, BYTES("os"), BYTES("system"), BYTES("call"), NULL) == SAFETY_DANGEROUS);
}

static void load(const char *dir)
{
    char *why = NULL;
    struct ruleset *set = rules_load(dir, &why);
    MUST((set == NULL) == (why != NULL) || fuzz_failed());
    if (set != NULL) {
        MUST(rules_count(set) >= rules_count(rules_builtin()));
        check_set(set);
    }

    rules_free(set);
    free(why);
}

/* The folder `levels` above a file.  The caller frees it. */
static char *folder_above(const char *file, int levels)
{
    char *path = strcpy(fuzz_malloc(strlen(file) + 1), file);
    for (; levels > 0; levels--) {
        *strrchr(path, '/') = 0;
    }
    return path;
}

/* An input that begins with a brace is a pack, any other is a list, of each kind in turn. */
void fuzz_one(const uint8_t *data, size_t size)
{
    static const char *const lists[] = { "l/lists/plain.txt", "l/lists/pickle/allowed/a.txt",
                                         "l/lists/pickle/dangerous/d.txt" };
    static const int levels[] = { 2, 4, 4 };
    if (size == 0 || size > 65536) {
        return;
    }
    if (data[0] == '{') {
        char *dir = folder_above(fuzz_file("p/pack.json", data, size), 1);
        load(dir);
        free(dir);
        return;
    }

    for (int i = 0; i < 3; i++) {
        const char *file = fuzz_file(lists[i], data, size);
        char *dir = folder_above(file, levels[i]);
        load(dir);
        (void)fuzz_file(lists[i], NULL, 0); /* emptied, so that the next list is the only one */
        free(dir);
    }
}
