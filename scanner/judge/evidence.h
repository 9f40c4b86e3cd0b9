/* evidence.h - one line that shows a fact to a person: os.system('id'). */
#ifndef MA_JUDGE_EVIDENCE_H
#define MA_JUDGE_EVIDENCE_H
#include "../../parsers/base/fact.h"

/* Heap, printable, bounded; NULL when out of memory. */
char *evidence_of(const struct fact *f);
#endif
