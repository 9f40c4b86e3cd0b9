/* fact.h - what parsers report: observations, never judgements.
 *
 * The kinds and fields come from facts.def.  Zero-initialise, set only what was
 * seen.  All slices are borrowed and die when emit() returns. */
#ifndef MA_BASE_FACT_H
#define MA_BASE_FACT_H
#include "cursor.h"

struct num {
    uint64_t v;
    bool set;
};
static inline struct num num_of(uint64_t v) { return (struct num){ v, true }; }
#define NUM_NONE ((struct num){ 0 }) /* a number that a fact does not have */

enum fact_kind {
#define FACT(UPPER, lower, doc) FACT_##UPPER,
#define TEXT(lower, field, doc)
#define NUM(lower, field, doc)
#define END(lower)
#include "facts.def"
#undef FACT
#undef TEXT
#undef NUM
#undef END
    FACT_KINDS
};

#define FACT(UPPER, lower, doc) struct fact_##lower {
#define TEXT(lower, field, doc) struct bytes field;
#define NUM(lower, field, doc) struct num field;
#define END(lower)                                                                                 \
    }                                                                                              \
    ;
#include "facts.def"
#undef FACT
#undef TEXT
#undef NUM
#undef END

struct fact {
    enum fact_kind kind;
    struct range at; /* where in the object it was seen */
    union {
#define FACT(UPPER, lower, doc) struct fact_##lower lower;
#define TEXT(lower, field, doc)
#define NUM(lower, field, doc)
#define END(lower)
#include "facts.def"
#undef FACT
#undef TEXT
#undef NUM
#undef END
    };
};

/* One row a field, for the rule loader, the dump and the docs. */
enum field_type { FIELD_TEXT, FIELD_NUM };
struct fact_field {
    enum fact_kind kind;
    enum field_type type;
    size_t offset; /* of the field in struct fact */
    const char *name, *doc;
};
extern const struct fact_field fact_fields[];
extern const size_t num_fact_fields;

/* "import", "call" ...; NULL past the last kind. */
const char *fact_kind_name(enum fact_kind kind);
const char *fact_kind_doc(enum fact_kind kind);
/* The row of that field, or NULL.  name is not NUL-ended. */
const struct fact_field *fact_field_find(enum fact_kind kind, struct bytes name);
/* The field's value; an unset field when the fact is of another kind. */
struct bytes fact_text(const struct fact *f, const struct fact_field *field);
struct num fact_num(const struct fact *f, const struct fact_field *field);
#endif
