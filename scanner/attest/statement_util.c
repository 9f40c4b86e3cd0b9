/* statement_util.c - names with digests, as every statement has them. */
#include "statement.h"

struct json *statement_subject(const char *name, const uint8_t sha[32])
{
    struct json *o = json_obj(), *digest = json_obj();
    json_set(digest, "sha256", json_hex((struct bytes){ sha, 32 }));
    json_set(o, "name", json_text(name));
    json_set(o, "digest", digest);
    return o;
}
