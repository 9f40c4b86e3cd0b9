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

static bool model_extension(const struct scan_options *o, const char *rel)
{
    char lower[MAX_EXTENSION] = "";
    size_t n = strlen(rel);
    extension_of(n > 200 ? rel + n - 200 : rel, lower);
    return lower[0] != 0 && rules_listed(o->rules, "model-extensions", bytes_of(lower));
}

/* --- the verdict ---------------------------------------------------------- */

enum verdict verdict_of(const struct file_report *f, bool is_model)
{
    enum severity worst = f->worst;
    enum verdict v = is_model ? VERDICT_CLEAN : VERDICT_NOT_A_MODEL;
    if (worst == SEV_MEDIUM) {
        v = VERDICT_SUSPICIOUS;
    }
    if (!f->complete) {
        v = VERDICT_INCOMPLETE;
    }
    return worst >= SEV_HIGH ? VERDICT_MALICIOUS : v;
}

const char verdict_unknown[] = "not a format that is understood";

bool verdict_finish(struct collector *c, struct file_report *f, bool claimed, enum origin s)
{
    bool is_model = claimed || s == REFERENCED;
    claimed = claimed && !c->content_unrecognised;
    f->known = claimed;
    f->unclaimed = !claimed && f->size > 0 && s != REFERENCED
                   && (s == ON_COMMAND_LINE || model_extension(c->options, f->rel));
    if (f->unclaimed && !collect_gap(c, f->path, verdict_unknown)) {
        return false;
    }
    if (c->budget->out_of_memory && f->complete && !collect_gap(c, f->path, "out of memory")) {
        return false; /* whoever met it may have taken it for the end of a guess */
    }
    f->worst = collect_worst(c);
    f->weights_only = weights_only_verdict(c, f->format);
    f->verdict = verdict_of(f, is_model || f->unclaimed);
    return true;
}
