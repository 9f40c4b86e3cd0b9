/* opcodes.h - the opcodes of pickle as a table: parsers/codec/opcodes.def. */
#ifndef MA_CODEC_OPCODES_H
#define MA_CODEC_OPCODES_H
#include <stdint.h>

/* What follows an opcode.  Below 16: that many bytes. */
enum opcode_argument {
    ARG_NONE = 0,
    ARG_1 = 1,
    ARG_2 = 2,
    ARG_4 = 4,
    ARG_8 = 8,
    ARG_LINE = 16,
    ARG_TWO_LINES,
    ARG_LENGTH_1,
    ARG_LENGTH_4,
    ARG_LENGTH_8
};
enum { MAX_PROTOCOL = 5 };
enum opcode_mark { NO_MARK, PUSH_MARK, POP_MARK };

enum opcode {
#define OPCODE(byte, name, argument, takes, leaves, mark) OP_##name = byte,
#include "opcodes.def"
#undef OPCODE
};

struct opcode_row {
    const char *name; /* "REDUCE"; NULL: no opcode has this byte */
    uint8_t argument; /* enum opcode_argument */
    uint8_t takes; /* values */
    uint8_t leaves; /* values */
    uint8_t mark; /* enum opcode_mark */
};
extern const struct opcode_row opcode_rows[256]; /* by byte */

/* Bytes of the length field of a counted argument; 0 for every other argument. */
static inline unsigned opcode_length_bytes(uint8_t op)
{
    switch (opcode_rows[op].argument) {
    case ARG_LENGTH_1: return 1;
    case ARG_LENGTH_4: return 4;
    case ARG_LENGTH_8: return 8;
    default: return 0;
    }
}
#endif
