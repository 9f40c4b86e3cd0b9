/* schema.c - the table of schema.def. */
#include "onnx.h"

static const struct schema table[] = {
#define FIELD(in, number, wire, what)                                                              \
    { MSG_##in, number, WIRE_##wire, DO_##what, NUM_MESSAGES, false },
#define ONE(in, number, sub) { MSG_##in, number, WIRE_LEN, DO_SUB, MSG_##sub, true },
#define MANY(in, number, sub) { MSG_##in, number, WIRE_LEN, DO_SUB, MSG_##sub, false },
#include "schema.def"
#undef FIELD
#undef ONE
#undef MANY
};

/* Repeated numbers are stored one by one or packed; protobuf accepts both. */
static bool wire_fits(enum field_wire want, enum pb_wire got)
{
    switch (want) {
    case WIRE_NUM: return got == PB_VARINT || got == PB_BYTES;
    case WIRE_F32: return got == PB_FIXED32 || got == PB_BYTES;
    case WIRE_F64: return got == PB_FIXED64 || got == PB_BYTES;
    case WIRE_LEN: break;
    }
    return got == PB_BYTES;
}

const struct schema *schema_find(enum message in, const struct pb_field *f)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].in == in && table[i].number == f->number) {
            return wire_fits(table[i].wire, f->wire) ? &table[i] : NULL;
        }
    }
    return NULL;
}
