#include "verdict.h"

#include "weights_only.h"

#include <stdio.h>
#include <string.h>

#define MAX_EXTENSION 32 /* bytes of an extension that a list may hold, its NUL included */
#define MAX_LAYERS 4 /* compressions around a file */

/* The extension of the last part of a path, or "". */
static char *extension(char *path)
{
    char *slash = strrchr(path, '/');
    char *base = slash != NULL ? slash + 1 : path;
    char *dot = strrchr(base, '.');
    return dot != NULL ? dot + 1 : base + strlen(base);
}

static void to_lower(const char *text, char lower[MAX_EXTENSION])
{
    size_t n = strlen(text);
    lower[0] = 0;
    for (size_t i = 0; n < MAX_EXTENSION && i <= n; i++) {
        bool is_upper = text[i] >= 'A' && text[i] <= 'Z';
        lower[i] = (char)(is_upper ? text[i] + 32 : text[i]);
    }
}

static bool is_compression(const char *lower)
{
    static const char *const known[] = { "gz", "bz2", "xz", "lzma", "zst", "lz4", "z" };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(lower, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The extension in lower case; of model.pkl.gz it is pkl. */
static void extension_of(const char *rel, char lower[MAX_EXTENSION])
{
    char name[256];
    snprintf(name, sizeof name, "%s", rel);
    for (int layers = 0; layers < MAX_LAYERS; layers++) {
        char *e = extension(name);
        to_lower(e, lower);
        if (!is_compression(lower)) {
            return;
        }
        e[-1] = 0; /* the dot before it */
    }
}

bool verdict_model_extension(const struct ruleset *rules, const char *rel)
{
    char lower[MAX_EXTENSION] = "";
    size_t n = strlen(rel);
    extension_of(n > 200 ? rel + n - 200 : rel, lower);
    return lower[0] != 0 && rules_listed(rules, "model-extensions", bytes_of(lower));
}

/* --- the verdict ---------------------------------------------------------- */

enum verdict verdict_of(const struct file_report *f, bool is_model)
{
    if (f->worst >= SEV_HIGH) {
        return VERDICT_MALICIOUS;
    }
    if (!f->complete) {
        return VERDICT_INCOMPLETE;
    }
    if (f->worst == SEV_MEDIUM) {
        return VERDICT_SUSPICIOUS;
    }
    return is_model ? VERDICT_CLEAN : VERDICT_NOT_A_MODEL;
}

/* A file that its name or the user makes a model, of a format that no parser knows. */
static bool is_unclaimed_model(const struct judge *j, const struct file_end *end)
{
    if (j->file->size == 0 || end->origin == ORIGIN_REFERENCE) {
        return false;
    }
    return end->origin == ORIGIN_COMMAND_LINE || verdict_model_extension(j->rules, j->file->rel);
}

bool verdict_finish(struct judge *j, const struct file_end *end)
{
    struct file_report *f = j->file;
    bool is_model = end->claimed || end->origin == ORIGIN_REFERENCE;
    f->state.known = end->claimed && !end->content_unrecognised;
    f->state.unclaimed = !f->state.known && is_unclaimed_model(j, end);
    if (f->state.unclaimed && !judge_gap(j, f->path, gap_of(GAP_UNKNOWN_FORMAT))) {
        return false;
    }
    if (end->out_of_memory && f->complete && !judge_gap(j, f->path, gap_of(GAP_OUT_OF_MEMORY))) {
        return false;
    }
    f->worst = judge_worst(j);
    f->weights_only = weights_only_verdict(j, f->format);
    f->verdict = verdict_of(f, is_model || f->state.unclaimed);
    return true;
}
