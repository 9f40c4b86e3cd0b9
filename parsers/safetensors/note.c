/* note.c - anomalies of a safetensors file. */
#include "safetensors.h"

bool st_note(struct st *s, struct range at, const char *slug, const char *detail,
             const char *loader)
{
    struct fact f = { .kind = FACT_ANOMALY, .at = at };
    f.anomaly.slug = bytes_of(slug);
    f.anomaly.detail = bytes_of(detail);
    f.anomaly.loader = bytes_of(loader);
    return emit(s->o->sink, &f);
}

bool st_reject(struct st *s, struct range at, const char *slug, const char *detail)
{
    s->rejected = st_note(s, at, slug, detail, "rejects");
    return false;
}

bool st_reject_json(struct st *s, const struct json_token *t)
{
    if (s->json.stopped) {
        return false;
    }
    return st_reject(s, (struct range){ t->at.off, 0 }, "safetensors-bad-json", s->json.why);
}
