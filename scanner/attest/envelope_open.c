/* envelope_open.c - opens and verifies bundles. */
#include "envelope.h"

#include "base64.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_at(const struct json *j, const char *key)
{
    return json_string(json_get(j, key));
}

/* A signature and the message that it is over. */
struct signed_message {
    uint8_t *pae, *sig;
    size_t pae_size, sig_size;
};

static bool is_signed_by(const struct signed_message *m, const struct key *k)
{
    return key_verify(k, (struct bytes){ m->pae, m->pae_size },
                      (struct bytes){ m->sig, m->sig_size });
}

static bool set_key_signer(struct envelope *out, const struct signer *signer)
{
    char hint[65];
    out->by = signer;
    return key_hint(signer->key, hint) && asprintf(&out->signer, "key %s", hint) > 0;
}

/* verificationMaterial.publicKey: the hint selects keys; without one every key is tried. */
static bool verify_by_key(const struct signed_message *m, const char *hint,
                          const struct requirements *d, struct failures *c, struct envelope *out)
{
    bool has_hint = hint != NULL && hint[0] != 0;
    bool tried = false;
    for (size_t i = 0; i < d->num_signers; i++) {
        const struct key *k = d->signers[i].key;
        if (k == NULL || (has_hint && !key_hint_is(k, hint))) {
            continue;
        }
        tried = true;
        if (is_signed_by(m, k)) {
            return set_key_signer(out, &d->signers[i]);
        }
    }

    if (tried) {
        fail(c, FAIL_SIGNATURE, NULL, "the signature is not by this key over this bundle");
    } else {
        fail(c, FAIL_SIGNER, NULL, "signed with another key (its hint is %.64s)",
             hint != NULL ? hint : "missing");
    }
    return false;
}

static bool add_raw_bytes(struct certs *certs, const char *raw)
{
    size_t n = 0;
    uint8_t *der = raw != NULL ? base64_decode(raw, &n) : NULL;
    bool ok = der != NULL && certs_add_der(certs, (struct bytes){ der, n });
    free(der);
    return ok;
}

static struct certs *read_chain(const struct json *list)
{
    struct certs *certs = certs_new();
    bool ok = certs != NULL;
    for (const struct json *i = json_after(list, NULL); ok && i != NULL; i = json_after(list, i)) {
        ok = add_raw_bytes(certs, text_at(i, "rawBytes"));
    }
    if (!ok) {
        certs_free(certs);
        return NULL;
    }
    return certs;
}

/* Why no certificate signer is accepted: that of the last one that was tried. */
struct refusal {
    enum verify_failure code;
    const char *why;
};

static bool verify_signer_chain(const struct signer *signer, const struct certs *certs,
                                const struct signed_message *m, struct refusal *refusal)
{
    const char *why = NULL;
    if (signer->roots == NULL) {
        return false;
    }
    if (signer->identity != NULL && !certs_identity_is(certs, signer->identity)) {
        *refusal = (struct refusal){ FAIL_SIGNER, "it is of another name" };
        return false;
    }

    struct key *k = certs_trusted_key(certs, signer->roots, &why);
    if (k == NULL) {
        *refusal = (struct refusal){ FAIL_CERTIFICATE, why };
        return false;
    }
    bool ok = is_signed_by(m, k);
    key_free(k);
    if (!ok) {
        *refusal =
            (struct refusal){ FAIL_SIGNATURE, "the signature is not by its key over this bundle" };
    }
    return ok;
}

static const struct signer *find_chain_signer(const struct certs *certs,
                                              const struct signed_message *m,
                                              const struct requirements *d, struct refusal *refusal)
{
    for (size_t i = 0; i < d->num_signers; i++) {
        if (verify_signer_chain(&d->signers[i], certs, m, refusal)) {
            return &d->signers[i];
        }
    }
    return NULL;
}

/* verificationMaterial.x509CertificateChain. Takes over certs. */
static bool verify_by_certs(const struct signed_message *m, struct certs *certs,
                            const struct requirements *d, struct failures *c, struct envelope *out)
{
    struct refusal refusal = { FAIL_SIGNER, "no certificate authority is trusted (--ca)" };
    char *name = certs_identity(certs);
    out->by = find_chain_signer(certs, m, d, &refusal);
    if (out->by == NULL) {
        fail(c, refusal.code, NULL, "the certificate of %s is not accepted: %s",
             name != NULL ? name : "a signer without a name", refusal.why);
    }
    certs_free(certs);
    out->signer = name != NULL ? name : strdup("a certificate without a name");
    return out->by != NULL && out->signer != NULL;
}

static bool verify_by_chain(const struct signed_message *m, const struct json *chain,
                            const struct requirements *d, struct failures *c, struct envelope *out)
{
    struct certs *certs = read_chain(json_get(chain, "certificates"));
    if (certs == NULL || certs_count(certs) == 0) {
        fail(c, FAIL_CERTIFICATE, NULL, "the bundle's certificates cannot be read");
        certs_free(certs);
        return false;
    }
    return verify_by_certs(m, certs, d, c, out);
}

static bool check_signature(const struct json *bundle, const struct signed_message *s,
                            const struct requirements *d, struct failures *c, struct envelope *out)
{
    const struct json *m = json_get(bundle, "verificationMaterial");
    const struct json *public_key = json_get(m, "publicKey");
    const struct json *chain = json_get(m, "x509CertificateChain");
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
    if (chain != NULL) {
        return verify_by_chain(s, chain, d, c, out);
    }
    return verify_by_key(s, text_at(public_key, "hint"), d, c, out);
}

static bool is_statement_type(const char *type)
{
    return type != NULL
           && (strcmp(type, STATEMENT_TYPE) == 0 || strcmp(type, STATEMENT_TYPE_OLD) == 0);
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
    if (out->statement == NULL) {
        fail(c, FAIL_STATEMENT, NULL, "the statement cannot be read: %s", why);
        return false;
    }
    if (!is_statement_type(text_at(out->statement, "_type"))) {
        fail(c, FAIL_STATEMENT, NULL, "not an in-toto statement");
        return false;
    }
    return true;
}

/* Verifies the signature of a payload, then parses the payload. */
static bool verify_payload(const struct json *bundle, struct bytes payload, const char *type,
                           const char *sig, const struct requirements *d, struct failures *c,
                           struct envelope *out)
{
    struct signed_message m = { 0 };
    bool ok = false;

    m.sig = base64_decode(sig, &m.sig_size);
    m.pae = dsse_pae(type, payload, &m.pae_size);
    if (m.sig == NULL || m.pae == NULL) {
        fail(c, FAIL_SIGNATURE, NULL, "the signature is not base64");
    } else {
        ok = check_signature(bundle, &m, d, c, out) && open_payload(payload, type, c, out);
    }

    free(m.sig);
    free(m.pae);
    return ok;
}

static bool is_bundle(const struct json *o)
{
    const char *media = text_at(o, "mediaType");
    return media != NULL && strcmp(media, BUNDLE_TYPE) == 0;
}

static bool open_envelope(const struct json *bundle, const struct requirements *d,
                          struct failures *c, struct envelope *out)
{
    const struct json *envelope = json_get(bundle, "dsseEnvelope");
    const struct json *sigs = json_get(envelope, "signatures");
    const char *encoded = text_at(envelope, "payload");
    const char *type = text_at(envelope, "payloadType");
    const char *sig = text_at(json_at(sigs, 0), "sig");
    size_t n = 0;
    uint8_t *payload = encoded != NULL ? base64_decode(encoded, &n) : NULL;
    bool ok = false;

    if (!is_bundle(bundle) || payload == NULL || type == NULL) {
        fail(c, FAIL_BUNDLE, NULL, "no Sigstore bundle (v0.3) with a DSSE envelope");
    } else if (sig == NULL || json_at(sigs, 1) != NULL) {
        fail(c, FAIL_SIGNATURES, NULL, "the bundle does not hold exactly one signature");
    } else {
        ok = verify_payload(bundle, (struct bytes){ payload, n }, type, sig, d, c, out);
    }
    free(payload);
    return ok;
}

bool envelope_open(struct bytes text, const struct requirements *d, struct failures *c,
                   struct envelope *out)
{
    const char *why = NULL;
    *out = (struct envelope){ 0 };
    struct json *bundle = json_parse(text, &why);
    if (bundle == NULL) {
        fail(c, FAIL_BUNDLE, NULL, "not a Sigstore bundle: %s", why);
        return false;
    }

    bool ok = open_envelope(bundle, d, c, out);
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
