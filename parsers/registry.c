/* registry.c - every parser, from parsers.def. */
#include "base/parser.h"

#define PARSER(name) extern const struct parser name##_parser;
#include "parsers.def"
#undef PARSER

const struct parser *const parsers[] = {
#define PARSER(name) &name##_parser,
#include "parsers.def"
#undef PARSER
    NULL
};
