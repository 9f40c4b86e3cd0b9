/* weights_only.h - would torch.load(weights_only=True) take this file? By names and calls, for
 * torch 1.13. */
#ifndef MA_JUDGE_WEIGHTS_ONLY_H
#define MA_JUDGE_WEIGHTS_ONLY_H
#include "judge.h"

/* weights_only_observe sets j->weights_refused if torch.load would refuse what f reports. */
void weights_only_observe(struct judge *j, const struct object_ctx *of, const struct fact *f);
/* weights_only_verdict returns 1 or 0, or -1 for a format that torch.load does not read. */
int weights_only_verdict(const struct judge *j, const char *format);
#endif
