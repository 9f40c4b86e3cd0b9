#include "http_stale.h"

#include "log.h"
#include "../report/jsonw.h"
#include "../util/hex.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct json *ruleset_json(const uint8_t digest[32])
{
    struct json *o = json_obj();
    json_set(o, "sha256", json_hex((struct bytes){ digest, 32 }));
    return o;
}

static bool lookup_stale(struct scan_service *service, const uint8_t sha256[32],
                         uint8_t ruleset[32])
{
    if (service->reads.store == NULL) {
        return false;
    }

    pthread_mutex_lock(&service->reads.lock);
    bool stale = store_lookup_stale(service->reads.store, &service->scan, sha256, ruleset);
    pthread_mutex_unlock(&service->reads.lock);
    return stale;
}

enum MHD_Result http_reply_unknown(const struct http_request *r, const uint8_t sha256[32])
{
    uint8_t ruleset[32];

    if (!lookup_stale(r->service, sha256, ruleset)) {
        return http_reply_error(r, 404, "no cached verdict for this digest", 0);
    }

    static const char why[] = "the verdict on these bytes is stale: scan them again";
    struct json *o = json_obj();
    json_set(o, "accepted", json_bool(false));
    json_set(o, "retryable", json_bool(false));
    json_set(o, "error", json_text(why));
    json_set(o, "stale", json_bool(true));
    json_set(o, "ruleset", ruleset_json(ruleset));
    log_request(r->method, r->url, 404, why);
    return http_reply(r, 404, "application/json", json_line(o, false), 0);
}

/* --- the list -------------------------------------------------------------------------------- */

static void add_stale(void *ctx, const uint8_t sha256[32], const uint8_t ruleset[32])
{
    struct json *o = json_obj();
    json_set(o, "sha256", json_hex((struct bytes){ sha256, 32 }));
    json_set(o, "ruleset", json_hex((struct bytes){ ruleset, 32 }));
    json_push(ctx, o);
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    bool number = text[0] >= '0' && text[0] <= '9' && *end == 0;
    return number && errno == 0 && *out <= INT64_MAX;
}

static bool list_stale(struct scan_service *service, uint64_t *after, struct json *list)
{
    pthread_mutex_lock(&service->reads.lock);
    bool ok = store_list_stale(service->reads.store, &service->scan, after, add_stale, list);
    pthread_mutex_unlock(&service->reads.lock);
    return ok;
}

enum MHD_Result http_get_stale(const struct http_request *r)
{
    struct scan_service *service = r->service;
    uint64_t after;

    if (service->reads.store == NULL) {
        return http_reply_error(r, 404, "this gate has no verdict store (--cache)", 0);
    }
    if (!read_number(query_param(r, "after", "0"), &after)) {
        return http_reply_error(r, 400, "after is the number that \"next\" had", 0);
    }

    struct json *list = json_arr();
    if (!list_stale(service, &after, list)) {
        json_free(list);
        return http_reply_error(r, 503, "the verdict store cannot be read", 5);
    }

    struct json *o = json_obj();
    json_set(o, "ruleset", ruleset_json(rules_digest(service->scan.rules)));
    json_set(o, "stale", list);
    json_set(o, "next", after > 0 ? json_u64(after) : json_text(NULL));
    return http_reply(r, 200, "application/json", json_line(o, false), 0);
}
