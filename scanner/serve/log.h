/* log.h - one JSON object a line on standard error; no evidence, for it quotes files. */
#ifndef MA_SERVE_LOG_H
#define MA_SERVE_LOG_H
#include "../../parsers/base/cursor.h"

/* Pairs of key and text up to a NULL key. */
void log_text(const char *event, ...) __attribute__((sentinel));
void log_scan(const char *name, const char *sha256, const char *verdict, const char *rule, const char *lane, uint64_t bytes, uint64_t ms);
void log_request(const char *method, const char *path, unsigned status, const char *why);
#endif
