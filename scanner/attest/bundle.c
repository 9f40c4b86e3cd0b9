/* bundle.c - DSSE around the statement, and the Sigstore bundle around that. */
#include "attest.h"

#include "../report/jsonw.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t *dsse_pae(const char *type, struct bytes payload, size_t *n)
{
    char head[256];
    int len = snprintf(head, sizeof head, "DSSEv1 %zu %s %zu ", strlen(type), type, payload.n);
    uint8_t *out = len > 0 && (size_t)len < sizeof head ? malloc((size_t)len + payload.n) : NULL;
    if (out != NULL) {
        memcpy(out, head, (size_t)len);
        memcpy(out + len, payload.p, payload.n);
        *n = (size_t)len + payload.n;
    }
    return out;
}

static struct json *text_taken(char *text)
{
    struct json *j = text != NULL ? json_text(text) : NULL;
    free(text);
    return j;
}

static char *write_bundle(struct bytes payload, struct bytes sig, const char *hint)
{
    struct json *o = json_obj(), *material = json_obj(), *public_key = json_obj();
    struct json *envelope = json_obj(), *sigs = json_arr(), *one = json_obj();
    json_set(public_key, "hint", json_text(hint));
    json_set(material, "publicKey", public_key);
    json_set(material, "tlogEntries", json_arr());
    json_set(one, "sig", text_taken(base64_encode(sig)));
    json_set(one, "keyid", json_text(""));
    json_push(sigs, one);
    json_set(envelope, "payload", text_taken(base64_encode(payload)));
    json_set(envelope, "payloadType", json_text(PAYLOAD_TYPE));
    json_set(envelope, "signatures", sigs);
    json_set(o, "mediaType", json_text(BUNDLE_TYPE));
    json_set(o, "verificationMaterial", material);
    json_set(o, "dsseEnvelope", envelope);
    char *text = json_print(o, false);
    json_free(o);
    return text;
}

char *bundle_sign(const struct report *r, const struct key *k, const char **why)
{
    char hint[65], *bundle = NULL, *statement = statement_of(r, why);
    if (statement == NULL) {
        return NULL;
    }
    size_t num_pae = 0, num_sig = 0;
    uint8_t *sig = NULL, *pae = dsse_pae(PAYLOAD_TYPE, bytes_of(statement), &num_pae);
    struct bytes message = { pae, num_pae };
    *why = "the key cannot sign";
    if (pae != NULL && key_hint(k, hint) && key_sign(k, message, &sig, &num_sig)
        && key_verify(k, message, (struct bytes){ sig, num_sig })) {   /* what leaves the house has been checked */
        bundle = write_bundle(bytes_of(statement), (struct bytes){ sig, num_sig }, hint);
        *why = bundle == NULL ? "out of memory" : NULL;
    }
    free(sig);
    free(pae);
    free(statement);
    return bundle;
}

char *bundle_path(const char *model)
{
    char *real = realpath(model, NULL);            /* ".", "x/" and "x/.." get their names */
    size_t n = real != NULL ? strlen(real) : 0;
    char *out = real != NULL ? malloc(n + 32) : NULL;
    if (out != NULL) {
        sprintf(out, "%s.modelassay.sigstore.json", real);
    }
    free(real);
    return out;
}
