#include "requirements.h"

#include "../util/vec.h"

#include <stdlib.h>
#include <string.h>

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
