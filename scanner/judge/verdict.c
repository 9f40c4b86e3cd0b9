#include "verdict.h"

#include "weights_only.h"

#include <stdio.h>
#include <string.h>

#define MAX_EXTENSION 32

static const char *extension(const char *rel)
{
    const char *slash = strrchr(rel, '/');
    const char *dot = strrchr(slash != NULL ? slash : rel, '.');
    return dot != NULL ? dot + 1 : "";
}

/* The extension in lower case; of model.pkl.gz it is pkl. */
static void extension_of(const char *rel, char lower[MAX_EXTENSION])
{
    static const char *const packed[] = { "gz", "bz2", "xz", "lzma", "zst", "lz4", "z" };
    char name[256];
    snprintf(name, sizeof name, "%s", rel);
    for (int layers = 0; layers < 4; layers++) {
        char *e = (char *)(uintptr_t)extension(name); /* into name, which is ours */
        size_t n = strlen(e);
        lower[0] = 0;
        for (size_t i = 0; n < MAX_EXTENSION && i <= n; i++) {
            lower[i] = (char)(e[i] >= 'A' && e[i] <= 'Z' ? e[i] + 32 : e[i]);
        }
        bool wrapped = false;
        for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++) {
            wrapped |= strcmp(lower, packed[i]) == 0;
        }
        if (!wrapped) {
            return;
        }
        e[-1] = 0; /* the dot before it */
    }
}

static bool model_extension(const struct ruleset *rules, const char *rel)
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

/* A model by its name or by the user's word, whose format no parser knows. */
static bool is_unclaimed_model(const struct judge *j, const struct file_end *end)
{
    if (j->file->size == 0 || end->origin == ORIGIN_REFERENCE) {
        return false;
    }
    return end->origin == ORIGIN_COMMAND_LINE || model_extension(j->rules, j->file->rel);
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
