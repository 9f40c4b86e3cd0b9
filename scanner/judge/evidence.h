/* evidence.h - one line of text that shows a fact: os.system('id'). */
#ifndef MA_JUDGE_EVIDENCE_H
#define MA_JUDGE_EVIDENCE_H
#include "../../parsers/base/fact.h"

/* evidence_of returns printable text of at most BOUND_evidence_bytes on the heap, or NULL when
 * out of memory. */
char *evidence_of(const struct fact *f);
#endif
