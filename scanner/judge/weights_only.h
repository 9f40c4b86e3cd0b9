/* weights_only.h - would torch.load(weights_only=True) take this file? By names and calls, for
 * torch 1.13. */
#ifndef MA_JUDGE_WEIGHTS_ONLY_H
#define MA_JUDGE_WEIGHTS_ONLY_H
#include "../object/collect.h"

/* Takes note of a fact of the object at hand. */
void weights_only_observe(struct collector *c, const struct fact *f);
/* 1, 0, or -1 when the file is none that torch.load reads. */
int weights_only_verdict(const struct collector *c, const char *format);
#endif
