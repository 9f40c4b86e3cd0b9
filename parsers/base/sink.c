#include "sink.h"

bool emit(struct sink *s, const struct fact *f) { return s->fact(s, f); }

bool emit_inner(struct sink *s, const struct inner *in) { return s->inner(s, in); }

bool emit_format(struct sink *s, const char *format)
{
    struct fact f = { .kind = FACT_OBJECT };
    f.object.format = bytes_of(format);
    return emit(s, &f);
}

bool emit_anomaly(struct sink *s, struct range at, const char *slug, const char *detail)
{
    return emit_anomaly_nums(s, at, slug, detail, NUM_NONE, NUM_NONE);
}

bool emit_anomaly_nums(struct sink *s, struct range at, const char *slug, const char *detail,
                       struct num declared, struct num actual)
{
    struct fact f = { .kind = FACT_ANOMALY, .at = at };
    f.anomaly.slug = bytes_of(slug);
    f.anomaly.detail = bytes_of(detail);
    f.anomaly.declared = declared;
    f.anomaly.actual = actual;
    return emit(s, &f);
}
