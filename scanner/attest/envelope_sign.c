/* envelope_sign.c - writes envelopes and bundles. */
#include "envelope.h"

#include "base64.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint8_t *dsse_pae(const char *type, struct bytes payload, size_t *n)
{
    char head[256];
    int len = snprintf(head, sizeof head, "DSSEv1 %zu %s %zu ", strlen(type), type, payload.n);
    if (len <= 0 || (size_t)len >= sizeof head) {
        return NULL;
    }

    uint8_t *out = malloc((size_t)len + payload.n);
    if (out != NULL) {
        memcpy(out, head, (size_t)len);
        memcpy(out + len, payload.p, payload.n);
        *n = (size_t)len + payload.n;
    }
    return out;
}

static struct json *json_base64(struct bytes b)
{
    char *text = base64_encode(b);
    struct json *j = text != NULL ? json_text(text) : NULL;
    free(text);
    return j;
}

static struct json *certificate_json(const struct certs *certs, size_t i)
{
    struct json *o = json_obj();
    size_t n = 0;
    uint8_t *der = certs_der(certs, i, &n);
    json_set(o, "rawBytes", der != NULL ? json_base64((struct bytes){ der, n }) : NULL);
    free(der);
    return o;
}

/* The chain may be without its root, as other tools write it; a chain of one is its own root. */
static struct json *chain_json(const struct certs *certs)
{
    struct json *chain = json_obj();
    struct json *list = json_arr();
    for (size_t i = 0; i < certs_count(certs); i++) {
        json_push(list, certificate_json(certs, i));
    }
    json_set(chain, "certificates", list);
    return chain;
}

static struct json *public_key_json(const struct key *k)
{
    struct json *o = json_obj();
    char hint[65];
    json_set(o, "hint", key_hint(k, hint) ? json_text(hint) : NULL);
    return o;
}

static struct json *material_json(const struct key *k, const struct certs *certs)
{
    struct json *o = json_obj();
    if (certs != NULL) {
        json_set(o, "x509CertificateChain", chain_json(certs));
    } else {
        json_set(o, "publicKey", public_key_json(k));
    }
    json_set(o, "tlogEntries", json_arr());
    return o;
}

static struct json *envelope_json(struct bytes payload, struct bytes sig)
{
    struct json *o = json_obj();
    struct json *sigs = json_arr();
    struct json *one = json_obj();
    json_set(one, "sig", json_base64(sig));
    json_set(one, "keyid", json_text(""));
    json_push(sigs, one);
    json_set(o, "payload", json_base64(payload));
    json_set(o, "payloadType", json_text(PAYLOAD_TYPE));
    json_set(o, "signatures", sigs);
    return o;
}

static char *write_bundle(struct bytes payload, struct bytes sig, const struct key *k,
                          const struct certs *certs, enum sign_error *why)
{
    struct json *o = json_obj();
    json_set(o, "mediaType", json_text(BUNDLE_TYPE));
    json_set(o, "verificationMaterial", material_json(k, certs));
    json_set(o, "dsseEnvelope", envelope_json(payload, sig));
    char *text = json_print(o, false);
    json_free(o);

    if (text == NULL) {
        *why = SIGN_OUT_OF_MEMORY;
        return NULL;
    }
    if (strlen(text) >= MAX_BUNDLE) {
        *why = SIGN_TOO_MANY_FILES;
        free(text);
        return NULL;
    }
    *why = SIGN_OK;
    return text;
}

/* Verifies the signature before it is returned. */
static bool sign_and_verify(const struct key *k, struct bytes message, uint8_t **sig, size_t *n)
{
    return key_sign(k, message, sig, n) && key_verify(k, message, (struct bytes){ *sig, *n });
}

char *envelope_sign(struct bytes statement, const struct key *k, const struct certs *certs,
                    enum sign_error *why)
{
    size_t pae_size = 0;
    size_t sig_size = 0;
    uint8_t *sig = NULL;
    char *bundle = NULL;
    uint8_t *pae = dsse_pae(PAYLOAD_TYPE, statement, &pae_size);

    *why = SIGN_KEY_CANNOT_SIGN;
    if (pae != NULL && sign_and_verify(k, (struct bytes){ pae, pae_size }, &sig, &sig_size)) {
        bundle = write_bundle(statement, (struct bytes){ sig, sig_size }, k, certs, why);
    }
    free(sig);
    free(pae);
    return bundle;
}
