/* log.h - one JSON object a line on standard error; no evidence, for it quotes files. */
#ifndef MA_SERVE_LOG_H
#define MA_SERVE_LOG_H
#include "../../parsers/base/cursor.h"

/* Pairs of key and text up to a NULL key: log_text("event", "key", text, NULL). */
#define log_text(event, ...) log_pairs(event, (const char *const[]){ __VA_ARGS__ })
void log_pairs(const char *event, const char *const *pairs);
void log_scan(const char *name, const char *sha256, const char *verdict, const char *rule,
              const char *lane, uint64_t bytes, uint64_t ms);
void log_request(const char *method, const char *path, unsigned status, const char *why);
#endif
