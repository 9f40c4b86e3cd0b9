/* api_sign.c - signing and verifying in the C API: thin wrappers, no logic. */
#include "../modelassay.h"

#include "api.h"
#include "../attest/attest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIGNATURE 1024u /* bytes; P-521 takes 139 */

struct ma_key {
    struct key *k;
    /* The external signer of ma_key_external(), or NULL. */
    ma_sign_fn *sign;
    void *ctx;
};

/* Takes over k. */
static ma_status wrap_key(struct key *k, ma_key **out)
{
    ma_key *key = k != NULL ? calloc(1, sizeof *key) : NULL;
    if (key == NULL) {
        key_free(k);
        return k == NULL ? MA_E_KEY : MA_E_NOMEM;
    }
    key->k = k;
    *out = key;
    return MA_OK;
}

ma_status ma_key_load(const char *path, int private_key, const char *passphrase, ma_key **out)
{
    const char *why = NULL;
    if (path == NULL) {
        return MA_E_ARG;
    }
    if (passphrase == NULL) {
        passphrase = ""; /* the library never prompts */
    }
    return wrap_key(key_load(path, private_key != 0, passphrase, &why), out);
}

static bool sign_externally(void *ctx, struct bytes message, uint8_t **sig, size_t *n)
{
    const ma_key *key = ctx;

    *n = MAX_SIGNATURE;
    *sig = malloc(*n);
    if (*sig == NULL) {
        return false;
    }
    if (key->sign(key->ctx, message.p, message.n, *sig, n) != 0 || *n > MAX_SIGNATURE) {
        free(*sig);
        *sig = NULL;
        return false;
    }
    return true;
}

ma_status ma_key_external(const char *public_path, ma_sign_fn *sign, void *ctx, ma_key **out)
{
    ma_status s = sign != NULL ? ma_key_load(public_path, 0, NULL, out) : MA_E_ARG;
    if (s == MA_OK) {
        (*out)->sign = sign;
        (*out)->ctx = ctx;
        key_sign_with((*out)->k, sign_externally, *out);
    }
    return s;
}

void ma_key_free(ma_key *k)
{
    if (k != NULL) {
        key_free(k->k);
        free(k);
    }
}

static ma_status status_of(enum sign_error e)
{
    switch (e) {
    case SIGN_OUT_OF_MEMORY: return MA_E_NOMEM;
    case SIGN_KEY_CANNOT_SIGN: return MA_E_KEY;
    default: return MA_E_IO;
    }
}

ma_status ma_attest(const ma_report *r, const ma_key *k, char **out, size_t *n)
{
    enum sign_error why;
    char *bundle = bundle_sign(api_report(r), k->k, &why);
    if (bundle == NULL) {
        return status_of(why);
    }

    *out = bundle;
    *n = strlen(bundle);
    return MA_OK;
}

/* The caller's function for failures, which may be NULL. */
struct listener {
    ma_cause_fn *on_cause;
    void *ctx;
};

static void report_failure(void *ctx, const struct failure *c)
{
    const struct listener *l = ctx;
    if (l->on_cause != NULL) {
        l->on_cause(l->ctx, c->slug, c->file, c->text);
    }
}

static ma_status verify(const char *model, const char *name, const char *bundle, const ma_key *k,
                        bool unsandboxed, struct listener listener)
{
    struct signer signer = { .types = TYPE_SCAN };
    struct requirements requirements = {
        .signers = &signer, .num_signers = 1, .types = TYPE_SCAN, .allow_unsandboxed = unsandboxed
    };
    struct failures failures = { .sink = report_failure, .ctx = &listener };
    struct verify_options o = { .model = model,
                                .name = name,
                                .bundles = &bundle,
                                .num_bundles = 1,
                                .requirements = &requirements };

    if (bundle == NULL || k == NULL) {
        return MA_E_ARG;
    }

    signer.key = k->k;
    switch (verify_model(&o, &failures, NULL, NULL)) {
    case 0: return MA_OK;
    case 1: return MA_E_VERIFY;
    default: return MA_E_IO;
    }
}

ma_status ma_verify(const char *model, const char *bundle, const ma_key *k, int allow_no_sandbox,
                    ma_cause_fn *on_cause, void *ctx)
{
    struct listener listener = { on_cause, ctx };
    if (model == NULL) {
        return MA_E_ARG;
    }
    return verify(model, NULL, bundle, k, allow_no_sandbox != 0, listener);
}

ma_status ma_verify_fd(int fd, const char *name, const char *bundle, const ma_key *k,
                       int allow_no_sandbox, ma_cause_fn *on_cause, void *ctx)
{
    struct listener listener = { on_cause, ctx };
    char path[40];
    if (fd < 0 || name == NULL) {
        return MA_E_ARG;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return verify(path, name, bundle, k, allow_no_sandbox != 0, listener);
}
