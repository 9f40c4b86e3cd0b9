/* api.h - declarations that api.c and api_sign.c share. */
#ifndef MA_API_API_H
#define MA_API_API_H
#include "../modelassay.h"
#include "../report/report.h"

/* api_report returns the report inside r, which owns it. */
const struct report *api_report(const ma_report *r);
#endif
