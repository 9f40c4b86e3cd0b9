/* registry.c - every parser, from parsers.def. */
#include "parsers.h"

const struct parser *const parsers[] = {
#define PARSER(name) &name##_parser,
#include "parsers.def"
#undef PARSER
    NULL
};
