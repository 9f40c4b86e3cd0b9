#include "envelope.h"

#include "base64.h"

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

/* --- written --------------------------------------------------------------------- */

static struct json *encoded(struct bytes b)
{
    char *text = base64_encode(b);
    struct json *j = text != NULL ? json_text(text) : NULL;
    free(text);
    return j;
}

/* The chain without its root is enough, and what the field writes; a chain of one is its own
 * root. */
static struct json *chain_material(const struct certs *certs)
{
    struct json *chain = json_obj(), *list = json_arr();
    for (size_t i = 0; i < certs_count(certs); i++) {
        struct json *one = json_obj();
        size_t n = 0;
        uint8_t *der = certs_der(certs, i, &n);
        json_set(one, "rawBytes", der != NULL ? encoded((struct bytes){ der, n }) : NULL);
        json_push(list, one);
        free(der);
    }
    json_set(chain, "certificates", list);
    return chain;
}

static struct json *material(const struct key *k, const struct certs *certs)
{
    struct json *o = json_obj(), *public_key = json_obj();
    char hint[65];
    json_set(public_key, "hint", key_hint(k, hint) ? json_text(hint) : NULL);
    if (certs != NULL) {
        json_free(public_key);
        json_set(o, "x509CertificateChain", chain_material(certs));
    } else {
        json_set(o, "publicKey", public_key);
    }
    json_set(o, "tlogEntries", json_arr());
    return o;
}

static char *write_bundle(struct bytes payload, struct bytes sig, const struct key *k,
                          const struct certs *certs)
{
    struct json *o = json_obj(), *envelope = json_obj(), *sigs = json_arr(), *one = json_obj();
    json_set(one, "sig", encoded(sig));
    json_set(one, "keyid", json_text(""));
    json_push(sigs, one);
    json_set(envelope, "payload", encoded(payload));
    json_set(envelope, "payloadType", json_text(PAYLOAD_TYPE));
    json_set(envelope, "signatures", sigs);
    json_set(o, "mediaType", json_text(BUNDLE_TYPE));
    json_set(o, "verificationMaterial", material(k, certs));
    json_set(o, "dsseEnvelope", envelope);
    char *text = json_print(o, false);
    json_free(o);
    return text;
}

static enum sign_error written_bundle_error(const char *bundle)
{
    if (bundle == NULL) {
        return SIGN_OUT_OF_MEMORY;
    }
    return strlen(bundle) >= MAX_BUNDLE ? SIGN_TOO_MANY_FILES : SIGN_OK;
}

char *envelope_sign(struct bytes statement, const struct key *k, const struct certs *certs,
                    enum sign_error *why)
{
    size_t num_pae = 0, num_sig = 0;
    uint8_t *sig = NULL, *pae = dsse_pae(PAYLOAD_TYPE, statement, &num_pae);
    struct bytes message = { pae, num_pae };
    char *bundle = NULL;
    *why = SIGN_KEY_CANNOT_SIGN;
    if (pae != NULL && key_sign(k, message, &sig, &num_sig)
        && key_verify(
            k, message,
            (struct bytes){ sig, num_sig })) { /* no signature is written that does not verify */
        bundle = write_bundle(statement, (struct bytes){ sig, num_sig }, k, certs);
        *why = written_bundle_error(bundle);
    }
    if (*why != SIGN_OK) {
        free(bundle);
        bundle = NULL;
    }
    free(sig);
    free(pae);
    return bundle;
}

/* --- opened -------------------------------------------------------------------------- */

static const char *text_at(const struct json *j, const char *key)
{
    return json_string(json_get(j, key));
}

struct signed_part {
    uint8_t *pae, *sig;
    size_t num_pae, num_sig;
};

static bool signed_by(const struct signed_part *s, const struct key *k)
{
    return key_verify(k, (struct bytes){ s->pae, s->num_pae },
                      (struct bytes){ s->sig, s->num_sig });
}

/* verificationMaterial.publicKey: the hint only selects; without one every key is tried. */
static bool by_key(const struct signed_part *s, const char *hint, const struct requirements *d,
                   struct failures *c, struct envelope *out)
{
    bool any = false;
    for (size_t i = 0; i < d->num_signers; i++) {
        const struct key *k = d->signers[i].key;
        if (k == NULL || (hint != NULL && hint[0] != 0 && !key_hint_is(k, hint))) {
            continue;
        }
        any = true;
        if (signed_by(s, k)) {
            char own[65];
            out->by = &d->signers[i];
            return key_hint(k, own) && asprintf(&out->signer, "key %s", own) > 0;
        }
    }
    if (any) {
        fail(c, FAIL_SIGNATURE, NULL, "the signature is not by this key over this bundle");
    } else {
        fail(c, FAIL_SIGNER, NULL, "signed with another key (its hint is %.64s)",
             hint != NULL ? hint : "missing");
    }
    return false;
}

static struct certs *read_chain(const struct json *list)
{
    struct certs *certs = certs_new();
    bool ok = certs != NULL;
    for (const struct json *i = json_after(list, NULL); ok && i != NULL; i = json_after(list, i)) {
        size_t n = 0;
        const char *raw = text_at(i, "rawBytes");
        uint8_t *der = raw != NULL ? base64_decode(raw, &n) : NULL;
        ok = der != NULL && certs_add_der(certs, (struct bytes){ der, n });
        free(der);
    }
    if (!ok) {
        certs_free(certs);
        certs = NULL;
    }
    return certs;
}

/* Sets *code and *why to what is wrong with the nearest signer. */
static bool signer_has_chain(const struct signer *r, const struct certs *certs,
                             const struct signed_part *s, enum verify_failure *code,
                             const char **why)
{
    if (r->roots == NULL) {
        return false;
    }
    if (r->identity != NULL && !certs_identity_is(certs, r->identity)) {
        *code = FAIL_SIGNER;
        *why = "it is of another name";
        return false;
    }
    struct key *k = certs_trusted_key(certs, r->roots, why);
    bool ok = k != NULL && signed_by(s, k);
    *code = k == NULL ? FAIL_CERTIFICATE : FAIL_SIGNATURE;
    *why = k == NULL ? *why : "the signature is not by its key over this bundle";
    key_free(k);
    return ok;
}

static bool by_chain(const struct signed_part *s, const struct json *chain,
                     const struct requirements *d, struct failures *c, struct envelope *out)
{
    const char *why = "no certificate authority is trusted (--ca)";
    enum verify_failure code = FAIL_SIGNER;
    struct certs *certs = read_chain(json_get(chain, "certificates"));
    if (certs == NULL || certs_count(certs) == 0) {
        fail(c, FAIL_CERTIFICATE, NULL, "the bundle's certificates cannot be read");
        certs_free(certs);
        return false;
    }
    char *name = certs_identity(certs);
    for (size_t i = 0; i < d->num_signers && out->by == NULL; i++) {
        if (signer_has_chain(&d->signers[i], certs, s, &code, &why)) {
            out->by = &d->signers[i];
        }
    }
    if (out->by == NULL) {
        fail(c, code, NULL, "the certificate of %s is not accepted: %s",
             name != NULL ? name : "nobody", why);
    }
    certs_free(certs);
    out->signer = name != NULL ? name : strdup("a certificate without a name");
    return out->by != NULL && out->signer != NULL;
}

static bool check_signature(const struct json *bundle, const struct signed_part *s,
                            const struct requirements *d, struct failures *c, struct envelope *out)
{
    const struct json *m = json_get(bundle, "verificationMaterial");
    const struct json *public_key = json_get(m, "publicKey"),
                      *chain = json_get(m, "x509CertificateChain");
    if (json_get(m, "certificate") != NULL) {
        fail(c, FAIL_METHOD, NULL, "signed without a key (Fulcio), which is not verified here yet");
        return false;
    }
    if ((public_key == NULL) == (chain == NULL)) {
        fail(c, FAIL_METHOD, NULL,
             "the bundle does not say by exactly one key or one chain of certificates who signed "
             "it");
        return false;
    }
    return chain != NULL ? by_chain(s, chain, d, c, out)
                         : by_key(s, text_at(public_key, "hint"), d, c, out);
}

static bool open_payload(struct bytes payload, const char *payload_type, struct failures *c,
                         struct envelope *out)
{
    const char *why = NULL;
    if (strcmp(payload_type, PAYLOAD_TYPE) != 0) {
        fail(c, FAIL_PAYLOAD_TYPE, NULL, "the payload is of type %s", payload_type);
        return false;
    }
    out->statement = json_parse(payload, &why);
    const char *type = text_at(out->statement, "_type");
    if (out->statement == NULL) {
        fail(c, FAIL_STATEMENT, NULL, "the statement cannot be read: %s", why);
    } else if (type == NULL
               || (strcmp(type, STATEMENT_TYPE) != 0 && strcmp(type, STATEMENT_TYPE_OLD) != 0)) {
        fail(c, FAIL_STATEMENT, NULL, "not an in-toto statement");
    } else {
        return true;
    }
    return false;
}

static bool open_envelope(const struct json *bundle, const struct requirements *d,
                          struct failures *c, struct envelope *out)
{
    const struct json *envelope = json_get(bundle, "dsseEnvelope"),
                      *sigs = json_get(envelope, "signatures");
    const char *media = text_at(bundle, "mediaType"),
               *encoded_payload = text_at(envelope, "payload");
    const char *type = text_at(envelope, "payloadType"), *sig = text_at(json_at(sigs, 0), "sig");
    size_t n = 0;
    struct signed_part s = { 0 };
    uint8_t *payload = encoded_payload != NULL ? base64_decode(encoded_payload, &n) : NULL;
    bool ok = false;
    if (media == NULL || strcmp(media, BUNDLE_TYPE) != 0 || payload == NULL || type == NULL) {
        fail(c, FAIL_BUNDLE, NULL, "no Sigstore bundle (v0.3) with a DSSE envelope");
    } else if (sig == NULL || json_at(sigs, 1) != NULL) {
        fail(c, FAIL_SIGNATURES, NULL, "the bundle does not hold exactly one signature");
    } else {
        s.sig = base64_decode(sig, &s.num_sig);
        s.pae = dsse_pae(type, (struct bytes){ payload, n }, &s.num_pae);
        if (s.sig == NULL || s.pae == NULL) {
            fail(c, FAIL_SIGNATURE, NULL, "the signature is no base64");
        } else {
            ok = check_signature(bundle, &s, d, c, out)
                 && open_payload((struct bytes){ payload, n }, type, c, out);
        }
    }
    free(s.sig);
    free(s.pae);
    free(payload);
    return ok;
}

bool envelope_open(struct bytes text, const struct requirements *d, struct failures *c,
                   struct envelope *out)
{
    const char *why = NULL;
    *out = (struct envelope){ 0 };
    struct json *bundle = json_parse(text, &why);
    bool ok = bundle != NULL && open_envelope(bundle, d, c, out);
    if (bundle == NULL) {
        fail(c, FAIL_BUNDLE, NULL, "is no bundle: %s", why);
    }
    json_free(bundle);
    if (!ok) {
        envelope_done(out);
    }
    return ok;
}

void envelope_done(struct envelope *e)
{
    json_free(e->statement);
    free(e->signer);
    *e = (struct envelope){ 0 };
}
