#include "certs.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CERTIFICATES 100 /* in a bundle or a file; a usual chain has three */
#define MAX_DER 65536 /* bytes of one certificate */

struct certs {
    STACK_OF(X509) * all;
};

struct certs *certs_new(void)
{
    struct certs *c = calloc(1, sizeof *c);
    if (c != NULL && (c->all = sk_X509_new_null()) == NULL) {
        free(c);
        c = NULL;
    }
    return c;
}

void certs_free(struct certs *c)
{
    if (c != NULL) {
        sk_X509_pop_free(c->all, X509_free);
        free(c);
    }
}

size_t certs_count(const struct certs *c) { return (size_t)sk_X509_num(c->all); }

/* Takes over x, which may be NULL. */
static bool add_certificate(struct certs *c, X509 *x)
{
    if (x != NULL && certs_count(c) < MAX_CERTIFICATES && sk_X509_push(c->all, x) > 0) {
        return true;
    }
    X509_free(x);
    return false;
}

bool certs_add_der(struct certs *c, struct bytes der)
{
    const unsigned char *at = der.p;
    if (der.n > MAX_DER) {
        return false;
    }
    X509 *x = d2i_X509(NULL, &at, (long)der.n);
    if (x != NULL && at != der.p + der.n) {
        X509_free(x);
        return false;
    }
    return add_certificate(c, x);
}

uint8_t *certs_der(const struct certs *c, size_t i, size_t *n)
{
    unsigned char *der = NULL;
    int len = i2d_X509(sk_X509_value(c->all, (int)i), &der);
    uint8_t *out = len > 0 ? malloc((size_t)len) : NULL;
    if (out != NULL) {
        memcpy(out, der, (size_t)len);
        *n = (size_t)len;
    }
    OPENSSL_free(der);
    return out;
}

static bool add_pem(struct certs *c, const char *path, const char **why)
{
    FILE *f = fopen(path, "re");
    size_t before = certs_count(c);
    if (f == NULL) {
        *why = strerror(errno);
        return false;
    }
    for (X509 *x = PEM_read_X509(f, NULL, NULL, NULL); x != NULL && add_certificate(c, x);) {
        x = PEM_read_X509(f, NULL, NULL, NULL);
    }
    fclose(f);

    if (certs_count(c) == before) {
        *why = "contains no certificate in PEM";
        return false;
    }
    return true;
}

struct certs *certs_load_roots(const char *path, const char **why)
{
    struct certs *c = certs_new();
    *why = "out of memory";
    if (c != NULL && !add_pem(c, path, why)) {
        certs_free(c);
        c = NULL;
    }
    return c;
}

struct certs *certs_load(const char *leaf, const char *chain, const struct key *k, const char **why)
{
    struct certs *c = certs_load_roots(leaf, why);
    if (c == NULL) {
        return NULL;
    }
    if (chain != NULL && !add_pem(c, chain, why)) {
        certs_free(c);
        return NULL;
    }

    EVP_PKEY *leaf_key = X509_get0_pubkey(sk_X509_value(c->all, 0));
    if (leaf_key == NULL || EVP_PKEY_eq(leaf_key, key_pkey(k)) != 1) {
        *why = "is the certificate of another key";
        certs_free(c);
        return NULL;
    }
    return c;
}

/* --- trust ------------------------------------------------------------------------------ */

static X509_STORE *new_store(const struct certs *roots)
{
    X509_STORE *s = X509_STORE_new();
    for (int i = 0; s != NULL && i < sk_X509_num(roots->all); i++) {
        if (X509_STORE_add_cert(s, sk_X509_value(roots->all, i)) != 1) {
            X509_STORE_free(s);
            s = NULL;
        }
    }
    return s;
}

static const char *verify_chain(X509_STORE_CTX *ctx)
{
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
    if (X509_verify_cert(ctx) == 1) {
        return NULL;
    }
    return X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
}

/* Returns what is wrong with the chain, or NULL. */
static const char *chain_error(const struct certs *c, const struct certs *roots)
{
    X509 *leaf = sk_X509_value(c->all, 0);
    X509_STORE *store = new_store(roots);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    const char *why = "out of memory";

    if (store != NULL && ctx != NULL && X509_STORE_CTX_init(ctx, store, leaf, c->all) == 1) {
        why = verify_chain(ctx);
    }
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return why;
}

/* Usages that a certificate does not name are not permitted here. */
static bool may_sign(X509 *leaf)
{
    return (X509_get_extension_flags(leaf) & EXFLAG_KUSAGE) != 0
           && (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) != 0;
}

static bool may_sign_code(X509 *leaf)
{
    return (X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) != 0
           && (X509_get_extended_key_usage(leaf) & XKU_CODE_SIGN) != 0;
}

struct key *certs_trusted_key(const struct certs *c, const struct certs *roots, const char **why)
{
    X509 *leaf = sk_X509_value(c->all, 0);
    if (leaf == NULL) {
        *why = "there is no certificate";
        return NULL;
    }

    *why = chain_error(c, roots);
    if (*why != NULL) {
        return NULL;
    }
    if (!may_sign(leaf)) {
        *why = "its key usage is not digitalSignature";
        return NULL;
    }
    if (!may_sign_code(leaf)) {
        *why = "its extended key usage is not codeSigning";
        return NULL;
    }
    return key_from_pkey(X509_get0_pubkey(leaf), why);
}

/* --- names ---------------------------------------------------------------------------------- */

static const ASN1_STRING *san_string(const GENERAL_NAME *g)
{
    switch (g->type) {
    case GEN_EMAIL: return g->d.rfc822Name;
    case GEN_URI: return g->d.uniformResourceIdentifier;
    case GEN_DNS: return g->d.dNSName;
    default: return NULL;
    }
}

/* Returns the text of s, which may be NULL, on the heap. A name with a NUL inside is refused: it
 * would compare equal to its own beginning. */
static char *string_text(const ASN1_STRING *s)
{
    unsigned char *utf8 = NULL;
    char *out = NULL;
    if (s == NULL) {
        return NULL;
    }

    int n = ASN1_STRING_to_UTF8(&utf8, s);
    if (n > 0 && strlen((const char *)utf8) == (size_t)n) {
        out = strdup((const char *)utf8);
    }
    if (n >= 0) {
        OPENSSL_free(utf8);
    }
    return out;
}

static char *common_name(X509 *leaf)
{
    X509_NAME *name = X509_get_subject_name(leaf);
    int i = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (i < 0) {
        return NULL;
    }
    return string_text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
}

/* Returns name, or frees it when it is not the wanted one; wanted NULL: any. */
static char *keep_if_wanted(char *name, const char *wanted)
{
    if (name != NULL && wanted != NULL && strcmp(name, wanted) != 0) {
        free(name);
        return NULL;
    }
    return name;
}

/* Returns the first name, or with wanted not NULL that name, on the heap. */
static char *find_name(const struct certs *c, const char *wanted)
{
    X509 *leaf = sk_X509_value(c->all, 0);
    char *found = NULL;
    if (leaf == NULL) {
        return NULL;
    }

    GENERAL_NAMES *sans = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    if (sans == NULL) {
        return keep_if_wanted(common_name(leaf), wanted);
    }
    for (int i = 0; found == NULL && i < sk_GENERAL_NAME_num(sans); i++) {
        found = keep_if_wanted(string_text(san_string(sk_GENERAL_NAME_value(sans, i))), wanted);
    }
    GENERAL_NAMES_free(sans);
    return found;
}

bool certs_identity_is(const struct certs *c, const char *name)
{
    char *found = find_name(c, name);
    free(found);
    return found != NULL;
}

char *certs_identity(const struct certs *c) { return find_name(c, NULL); }
