#include "fact.h"

#include <string.h>

#define FACT(UPPER, lower, doc)
#define TEXT(lower, field, text)                                                                   \
    { (enum fact_kind)FACT_KIND_##lower, FIELD_TEXT, offsetof(struct fact, lower.field), #field,   \
      text },
#define NUM(lower, field, text)                                                                    \
    { (enum fact_kind)FACT_KIND_##lower, FIELD_NUM, offsetof(struct fact, lower.field), #field,    \
      text },
#define END(lower)
/* The kind by its lower-case name, for the rows. */
enum {
    FACT_KIND_object = FACT_OBJECT,
    FACT_KIND_import = FACT_IMPORT,
    FACT_KIND_call = FACT_CALL,
    FACT_KIND_string = FACT_STRING,
    FACT_KIND_meta = FACT_META,
    FACT_KIND_tensor = FACT_TENSOR,
    FACT_KIND_region = FACT_REGION,
    FACT_KIND_exec = FACT_EXEC,
    FACT_KIND_external = FACT_EXTERN,
    FACT_KIND_anomaly = FACT_ANOMALY
};
const struct fact_field fact_fields[] = {
#include "facts.def"
};
const size_t num_fact_fields = sizeof fact_fields / sizeof fact_fields[0];
#undef FACT
#undef TEXT
#undef NUM
#undef END

struct kind_row {
    const char *name, *doc;
};
static const struct kind_row kinds[] = {
#define FACT(UPPER, lower, text) { #lower, text },
#define TEXT(lower, field, text)
#define NUM(lower, field, text)
#define END(lower)
#include "facts.def"
};

const char *fact_kind_name(enum fact_kind kind)
{
    return kind < FACT_KINDS ? kinds[kind].name : NULL;
}

const char *fact_kind_doc(enum fact_kind kind)
{
    return kind < FACT_KINDS ? kinds[kind].doc : NULL;
}

const struct fact_field *fact_field_find(enum fact_kind kind, struct bytes name)
{
    for (size_t i = 0; i < num_fact_fields; i++) {
        if (fact_fields[i].kind == kind && bytes_eq(bytes_of(fact_fields[i].name), name)) {
            return &fact_fields[i];
        }
    }
    return NULL;
}

struct bytes fact_text(const struct fact *f, const struct fact_field *field)
{
    struct bytes b = { NULL, 0 };
    if (f->kind == field->kind && field->type == FIELD_TEXT) {
        memcpy(&b, (const char *)f + field->offset, sizeof b);
    }
    return b;
}

struct num fact_num(const struct fact *f, const struct fact_field *field)
{
    struct num n = { 0, false };
    if (f->kind == field->kind && field->type == FIELD_NUM) {
        memcpy(&n, (const char *)f + field->offset, sizeof n);
    }
    return n;
}
