/* string_facts.h - a string of any length as STRING facts. */
#ifndef MA_CODEC_STRING_FACTS_H
#define MA_CODEC_STRING_FACTS_H
#include "../base/parser.h"

/* All of it, in windows of max_string_bytes that overlap: no rule is blind to what comes late. */
MUST_CHECK bool strings_emit(struct object *o, struct bytes role, struct bytes key,
                             struct range at);
#endif
