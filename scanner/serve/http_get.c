#include "http_get.h"

#include "../attest/attest.h"
#include "html_pages.h"
#include "http_stale.h"
#include "../util/hex.h"

#include <stdlib.h>
#include <string.h>

/* Reads "sha256:" and exactly 64 lower-case digits. */
static bool read_digest(const char *text, uint8_t out[32])
{
    return strncmp(text, "sha256:", 7) == 0 && hex_decode(text + 7, out, 32);
}

static enum MHD_Result reply_verdict(const struct http_request *r, const struct report *report)
{
    return http_reply(r, 200, "application/json", service_json(report), 0);
}

static enum MHD_Result reply_bundle(const struct http_request *r, const struct report *report)
{
    enum sign_error error;
    if (r->service->key == NULL) {
        return http_reply_error(r, 404, "signing is not configured (--key)", 0);
    }
    char *bundle = bundle_sign(report, r->service->key, &error);
    if (bundle == NULL) {
        return http_reply_error(r, 404, sign_error_text(error), 0);
    }
    return http_reply(r, 200, "application/vnd.dev.sigstore.bundle.v0.3+json", bundle, 0);
}

/* Looks up the digest in text, and sends the result by `reply`. */
static enum MHD_Result reply_lookup(const struct http_request *r, const char *text,
                                    enum MHD_Result (*reply)(const struct http_request *r,
                                                             const struct report *report))
{
    uint8_t sha[32];
    bool known;
    if (!read_digest(text, sha)) {
        return http_reply_error(r, 400, "sha256: and 64 lower-case digits", 0);
    }

    struct report *report = service_lookup(r->service, sha, query_param(r, "name", text), &known);
    if (report == NULL && known) {
        return http_reply(r, 503, "", NULL, 5);
    }
    if (report == NULL) {
        return http_reply_unknown(r, sha);
    }
    enum MHD_Result result = reply(r, report);
    report_free(report);
    return result;
}

enum MHD_Result http_get(const struct http_request *r)
{
    if (strcmp(r->url, "/") == 0) {
        return http_reply(r, 200, "text/html; charset=utf-8", page_status(r->service), 0);
    }
    if (strcmp(r->url, "/metrics") == 0) {
        return http_reply(r, 200, "text/plain; version=0.0.4", page_metrics(r->service), 0);
    }
    if (strcmp(r->url, "/v1/stale") == 0) {
        return http_get_stale(r);
    }

    const char *digest = url_suffix(r->url, "/v1/verdict/");
    if (digest != NULL) {
        return reply_lookup(r, digest, reply_verdict);
    }
    digest = url_suffix(r->url, "/v1/bundle/");
    if (digest != NULL) {
        return reply_lookup(r, digest, reply_bundle);
    }
    return http_reply_error(r, 404, "no such page", 0);
}
