/* http_get.c - what is remembered, and the pages. */
#include "http_reply.h"

#include "../attest/attest.h"
#include "html_pages.h"
#include "../util/hex.h"

#include <stdlib.h>
#include <string.h>

/* "sha256:" and 64 lower-case digits, nothing behind them. */
static bool read_digest(const char *text, uint8_t out[32])
{
    return strncmp(text, "sha256:", 7) == 0 && hex_decode(text + 7, out, 32);
}

static enum MHD_Result sign(const struct call *c, struct report *r)
{
    enum sign_error why;
    if (c->service->key == NULL) {
        report_free(r);
        return http_reply_error(c, 404, "this gate signs nothing (--key)", 0);
    }
    char *bundle = bundle_sign(r, c->service->key, &why);
    report_free(r);
    return bundle != NULL
               ? http_reply(c, 200, "application/vnd.dev.sigstore.bundle.v0.3+json", bundle, 0)
               : http_reply_error(c, 404, sign_error_text(why), 0);
}

static enum MHD_Result look(const struct call *c, const char *text, bool bundle)
{
    uint8_t sha[32];
    bool known;
    if (!read_digest(text, sha)) {
        return http_reply_error(c, 400, "sha256: and 64 lower-case digits", 0);
    }
    struct report *r = service_lookup(c->service, sha, query_param(c, "name", text), &known);
    if (r == NULL) {
        return known ? http_reply(c, 503, "", NULL, 5) : http_reply_unknown(c, sha);
    }
    if (bundle) {
        return sign(c, r);
    }
    char *json = service_json(c->service, r);
    report_free(r);
    return http_reply(c, 200, "application/json", json, 0);
}

enum MHD_Result http_get(const struct call *c)
{
    const char *digest;
    if (strcmp(c->url, "/") == 0) {
        return http_reply(c, 200, "text/html; charset=utf-8", page_status(c->service), 0);
    }
    if (strcmp(c->url, "/metrics") == 0) {
        return http_reply(c, 200, "text/plain; version=0.0.4", page_metrics(c->service), 0);
    }
    if (strcmp(c->url, "/v1/stale") == 0) {
        return http_get_stale(c);
    }
    if ((digest = url_suffix(c->url, "/v1/verdict/")) != NULL) {
        return look(c, digest, false);
    }
    if ((digest = url_suffix(c->url, "/v1/bundle/")) != NULL) {
        return look(c, digest, true);
    }
    return http_reply_error(c, 404, "no such page", 0);
}
