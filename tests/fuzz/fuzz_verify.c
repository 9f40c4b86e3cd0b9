/* fuzz_verify.c - a bundle as it comes, and the same bytes as a payload that is signed.
 *
 * Nothing of a payload is read before its signature holds, so the target signs it.
 * Oracle: bytes as they come never verify, for no seed is signed by this run's key. */
#include "../../scanner/attest/attest.h"
#include "../../scanner/report/jsonw.h"
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
    MUST(key_generate(path, &why));
    snprintf(pub, sizeof pub, "%s.pub", path);
    public = key_load(pub, false, &why);
    strcat(path, ".key");
    secret = key_load(path, true, &why);
    MUST(public != NULL && secret != NULL);
}

static char *bundle_of(struct bytes payload)
{
    uint8_t *sig = NULL;
    size_t num_pae = 0, num_sig = 0;
    char *bundle = NULL;
    uint8_t *pae = dsse_pae(PAYLOAD_TYPE, payload, &num_pae);
    MUST(pae != NULL && key_sign(secret, (struct bytes){ pae, num_pae }, &sig, &num_sig));
    char *body = base64_encode(payload), *text = base64_encode((struct bytes){ sig, num_sig });
    MUST(asprintf(&bundle, "{\"mediaType\":\"" BUNDLE_TYPE "\",\"verificationMaterial\":{},\"dsseEnvelope\":{\"payload\":\"%s\","
                           "\"payloadType\":\"" PAYLOAD_TYPE "\",\"signatures\":[{\"sig\":\"%s\"}]}}", body, text) > 0);
    free(body);
    free(text);
    free(pae);
    free(sig);
    return bundle;
}

static void count(void *ctx, const char *cause)
{
    MUST(cause != NULL && cause[0] != 0);
    ++*(size_t *)ctx;
}

static int verify(struct bytes b)
{
    size_t causes = 0;
    struct verify_options o = { .model = model, .key = public };
    char *path = strdup(fuzz_file("bundle.json", b.p, b.n));
    o.bundle = path;
    int code = verify_bundle(&o, count, &causes);
    MUST(code >= 0 && code <= 2 && (code == 0) == (causes == 0));
    free(path);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = { data, size };
    if (model == NULL) {
        prepare();
    }
    if (size > 65536) {
        return 0;
    }
    MUST(verify(b) != 0);
    char *bundle = bundle_of(b);
    (void)verify(bytes_of(bundle));                /* a payload that says the right things verifies */
    free(bundle);
    return 0;
}
