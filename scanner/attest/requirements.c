#include "requirements.h"

#include "../util/vec.h"

#include <stdlib.h>
#include <string.h>

unsigned statement_type(const char *name)
{
    static const struct {
        const char *name;
        unsigned type;
    } types[] = { { "scan", TYPE_SCAN }, { "oms", TYPE_OMS }, { "test-result", TYPE_TEST } };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(name, types[i].name) == 0) {
            return types[i].type;
        }
    }
    return 0;
}

/* Seconds of a unit of time; 0 for an unknown one. */
static int64_t unit_seconds(char unit)
{
    switch (unit) {
    case 'd': return 86400;
    case 'h': return 3600;
    case 'm': return 60;
    case 's': return 1;
    default: return 0;
    }
}

bool requirements_set_max_age(struct requirements *d, const char *text)
{
    enum { MAX_NUMBER = 1000000 };
    char *unit = NULL;
    long n = strtol(text, &unit, 10);
    int64_t seconds = unit_seconds(unit[0]);
    if (n <= 0 || n >= MAX_NUMBER || seconds == 0 || unit[1] != 0) {
        return false;
    }
    d->max_age_s = n * seconds;
    return true;
}

static void signer_done(struct signer *s)
{
    key_free(s->key);
    certs_free(s->roots);
    free(s->identity);
}

bool requirements_add_signer(struct requirements *d, struct signer s)
{
    if (!vec_extend(&d->signers, d->num_signers, sizeof *d->signers)) {
        signer_done(&s);
        return false;
    }
    d->signers[d->num_signers++] = s;
    return true;
}

bool requirements_add_ruleset(struct requirements *d, const char *hex)
{
    if (!vec_extend(&d->rulesets, d->num_rulesets, sizeof *d->rulesets)) {
        return false;
    }
    d->rulesets[d->num_rulesets] = strdup(hex);
    return d->rulesets[d->num_rulesets++] != NULL;
}

void requirements_done(struct requirements *d)
{
    for (size_t i = 0; i < d->num_signers; i++) {
        signer_done(&d->signers[i]);
    }
    for (size_t i = 0; i < d->num_rulesets; i++) {
        free(d->rulesets[i]);
    }
    free(d->signers);
    free(d->rulesets);
    free(d->min_scanner);
    *d = (struct requirements){ 0 };
}
