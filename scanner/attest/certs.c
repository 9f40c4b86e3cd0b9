#include "certs.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CERTIFICATES 100 /* in a bundle or a file; chains have three */

struct certs {
    STACK_OF(X509) * all;
};

struct certs *certs_empty(void)
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

/* Takes x over. */
static bool add(struct certs *c, X509 *x)
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
    X509 *x = der.n <= 65536 ? d2i_X509(NULL, &at, (long)der.n) : NULL;
    if (x != NULL && at != der.p + der.n) {
        X509_free(x);
        x = NULL;
    }
    return add(c, x);
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
    for (X509 *x = PEM_read_X509(f, NULL, NULL, NULL); x != NULL && add(c, x);) {
        x = PEM_read_X509(f, NULL, NULL, NULL);
    }
    fclose(f);
    *why = certs_count(c) == before ? "holds no certificate in PEM" : NULL;
    return *why == NULL;
}

struct certs *certs_load_roots(const char *path, const char **why)
{
    struct certs *c = certs_empty();
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
    if (c != NULL && chain != NULL && !add_pem(c, chain, why)) {
        certs_free(c);
        return NULL;
    }
    EVP_PKEY *own = c != NULL ? X509_get0_pubkey(sk_X509_value(c->all, 0)) : NULL;
    if (c != NULL && (own == NULL || EVP_PKEY_eq(own, key_pkey(k)) != 1)) {
        *why = "is the certificate of another key";
        certs_free(c);
        return NULL;
    }
    return c;
}

/* --- trust ------------------------------------------------------------------------------ */

static X509_STORE *store_of(const struct certs *roots)
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

static const char *chain_fault(const struct certs *c, const struct certs *roots)
{
    X509_STORE *store = store_of(roots);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    const char *why = "out of memory";
    if (store != NULL && ctx != NULL
        && X509_STORE_CTX_init(ctx, store, sk_X509_value(c->all, 0), c->all) == 1) {
        X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
        why = X509_verify_cert(ctx) == 1
                  ? NULL
                  : X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
    }
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return why;
}

struct key *certs_trusted_key(const struct certs *c, const struct certs *roots, const char **why)
{
    X509 *leaf = sk_X509_value(c->all, 0); /* NULL: none */
    *why = leaf == NULL ? "there is no certificate" : chain_fault(c, roots);
    if (*why != NULL) {
        return NULL;
    }
    if ((X509_get_extension_flags(leaf) & EXFLAG_KUSAGE) == 0
        || (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0) {
        *why = "its key usage is not digitalSignature";
    } else if ((X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) == 0
               || (X509_get_extended_key_usage(leaf) & XKU_CODE_SIGN) == 0) {
        *why = "its extended key usage is not codeSigning";
    }
    return *why == NULL ? key_of(X509_get0_pubkey(leaf), why) : NULL;
}

/* --- who ------------------------------------------------------------------------------------ */

static const ASN1_STRING *san_text(const GENERAL_NAME *g)
{
    return g->type == GEN_EMAIL ? g->d.rfc822Name
           : g->type == GEN_URI ? g->d.uniformResourceIdentifier
           : g->type == GEN_DNS ? g->d.dNSName
                                : NULL;
}

/* A NUL inside a name makes it none: it would compare equal to its own beginning. */
static char *plain(const ASN1_STRING *s)
{
    unsigned char *utf8 = NULL;
    int n = s != NULL ? ASN1_STRING_to_UTF8(&utf8, s) : -1;
    char *out =
        n > 0 && strlen((const char *)utf8) == (size_t)n ? strdup((const char *)utf8) : NULL;
    if (n >= 0) {
        OPENSSL_free(utf8);
    }
    return out;
}

static char *common_name(X509 *leaf)
{
    X509_NAME *name = X509_get_subject_name(leaf);
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    return at >= 0 ? plain(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))) : NULL;
}

/* The first name (wanted NULL) or the wanted one; heap. */
static char *find_name(const struct certs *c, const char *wanted)
{
    X509 *leaf = sk_X509_value(c->all, 0);
    GENERAL_NAMES *sans =
        leaf != NULL ? X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL) : NULL;
    char *found = NULL;
    for (int i = 0; found == NULL && i < sk_GENERAL_NAME_num(sans); i++) {
        found = plain(san_text(sk_GENERAL_NAME_value(sans, i)));
        if (found != NULL && wanted != NULL && strcmp(found, wanted) != 0) {
            free(found);
            found = NULL;
        }
    }
    if (sans == NULL && leaf != NULL) {
        found = common_name(leaf);
        if (found != NULL && wanted != NULL && strcmp(found, wanted) != 0) {
            free(found);
            found = NULL;
        }
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
