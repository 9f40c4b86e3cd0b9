/* string_facts.h - emits a string of any length as STRING facts. */
#ifndef MA_CODEC_STRING_FACTS_H
#define MA_CODEC_STRING_FACTS_H
#include "../base/parser.h"

/* strings_emit() emits the bytes of `at` in overlapping windows of max_string_bytes, so that rules
 * see the end of long strings, too.  Returns false without memory, on a failed read, or when the
 * sink stops. */
MUST_CHECK bool strings_emit(struct object *o, struct bytes role, struct bytes key,
                             struct range at);

#endif
