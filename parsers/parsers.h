/* parsers.h - every parser, from parsers.def. */
#ifndef MA_PARSERS_H
#define MA_PARSERS_H
#include "base/parser.h"

#define PARSER(name) extern const struct parser name##_parser;
#include "parsers.def"
#undef PARSER
#endif
