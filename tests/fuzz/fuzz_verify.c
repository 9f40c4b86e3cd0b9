/* fuzz_verify.c - a bundle, and the same bytes as the payload of a signed bundle.
 *
 * A payload is read only if its signature is valid, so the target signs it.  Oracle: an unsigned
 * input does not verify, since no seed is signed by the key of this run. */
#include "../../scanner/attest/attest.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct key *secret, *public;
static char *model;

static void prepare(void)
{
    const char *why = NULL;
    char path[200], pub[220];
    model = strdup(fuzz_file("model.pkl", (const uint8_t *)"\x80\x04N.", 4));
    MUST(model != NULL && strlen(model) < 180);
    snprintf(path, sizeof path, "%.180s.id", model);
    MUST(key_generate(path, "p256", NULL, &why));
    snprintf(pub, sizeof pub, "%s.pub", path);
    public = key_load(pub, false, NULL, &why);
    strcat(path, ".key");
    secret = key_load(path, true, "", &why);
    MUST(public != NULL && secret != NULL);
}

static char *bundle_of(struct bytes payload)
{
    enum sign_error why;
    char *bundle = envelope_sign(payload, secret, NULL, &why);
    MUST(bundle != NULL || fuzz_failed());
    return bundle;
}

static void count(void *ctx, const struct failure *c)
{
    MUST(c->slug[0] != 0 && c->text[0] != 0);
    ++*(size_t *)ctx;
}

static int verify(struct bytes b)
{
    size_t causes = 0;
    struct signer signer = { .key = public, .types = TYPE_SCAN | TYPE_OMS | TYPE_TEST };
    struct requirements requirements = { .signers = &signer, .num_signers = 1, .types = TYPE_SCAN };
    const char *file = fuzz_file("bundle.json", b.p, b.n);
    char *path = strcpy(fuzz_malloc(strlen(file) + 1), file);
    const char *bundles[] = { path };
    struct verify_options o = {
        .model = model, .bundles = bundles, .num_bundles = 1, .requirements = &requirements
    };

    struct failures c = { .sink = count, .ctx = &causes };
    int code = verify_model(&o, &c, NULL, NULL);
    MUST(code >= 0 && code <= 2 && (code == 0) == (causes == 0));
    free(path);
    return code;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct bytes b = { data, size };
    if (model == NULL) {
        prepare();
    }
    if (size > 65536) {
        return;
    }

    MUST(verify(b) != 0);
    char *bundle = bundle_of(b);
    /* either result is valid: a payload that is a statement about the model verifies */
    (void)verify(bytes_of(bundle != NULL ? bundle : ""));
    free(bundle);
}
