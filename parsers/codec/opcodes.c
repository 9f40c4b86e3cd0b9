#include "opcodes.h"

const struct opcode_row opcode_rows[256] = {
#define OPCODE(byte, name, argument, takes, leaves, mark)                                          \
    [byte] = { #name, argument, takes, leaves, mark },
#include "opcodes.def"
#undef OPCODE
};
