/* fuzz_gate.c - a verify policy: the signers that may sign which statements.
 *
 * Oracle: a policy that is refused has a reason; one that is accepted names a signer, with a key or
 * with roots and a name, and at least one kind of statement.  Only the exact words allow more than
 * the default. */
#include "../../scanner/attest/attest.h"
#include "../../scanner/attest/verify_policy.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static const char public_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
    "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n"
    "-----END PUBLIC KEY-----\n"; /* the generator of P-256 */

static void check(const struct requirements *d, const uint8_t *data, size_t size)
{
    MUST(d->num_signers > 0 && d->types != 0);
    for (size_t i = 0; i < d->num_signers; i++) {
        const struct signer *s = &d->signers[i];
        MUST((s->key != NULL) != (s->roots != NULL) && s->types != 0);
        MUST(s->roots == NULL || s->identity != NULL);
    }

    bool escaped = memmem(data, size, "\\", 1) != NULL;
    MUST(escaped || !d->allow_warned || memmem(data, size, "\"WARNED\"", 8) != NULL);
    MUST(escaped || !d->allow_waivers || memmem(data, size, "\"waivers\"", 9) != NULL);
    MUST(escaped || !d->allow_unsandboxed || memmem(data, size, "\"no-sandbox\"", 12) != NULL);
    MUST(escaped || !d->allow_gaps || memmem(data, size, "\"gaps\"", 6) != NULL);
    MUST(d->max_age_s >= 0);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static bool ready;
    struct requirements d = { 0 };
    char *why = NULL;
    if (!ready) {
        (void)fuzz_file("ci.pub", (const uint8_t *)public_key, sizeof public_key - 1);
        ready = true;
    }
    if (size > 65536) {
        return;
    }

    bool ok =
        verify_policy_load(fuzz_file("policy.json", data, size), "models/model.pkl", &d, &why);
    MUST(ok == (why == NULL) || fuzz_failed());
    if (ok) {
        check(&d, data, size);
    }

    requirements_done(&d);
    free(why);
}
