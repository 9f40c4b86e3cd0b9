/* api.h - between the two halves of modelassay.h. */
#ifndef MA_API_API_H
#define MA_API_API_H
#include "../modelassay.h"
#include "../report/report.h"

const struct report *api_report(const ma_report *r);
#endif
