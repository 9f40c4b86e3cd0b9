/* log.h - the log of the daemon: one JSON object per line on standard error. It has no evidence,
 * because evidence quotes the files of clients. */
#ifndef MA_SERVE_LOG_H
#define MA_SERVE_LOG_H
#include "../../parsers/base/cursor.h"

/* serve_complain prints one plain line on standard error, "modelassay-serve: ...", before the log
 * starts. Returns `code`. */
int serve_complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* log_text logs an event with pairs of key and text: log_text("event", "key", text, NULL). */
#define log_text(event, ...) log_pairs(event, (const char *const[]){ __VA_ARGS__ })
/* log_pairs logs an event with pairs of key and text, up to a NULL key. */
void log_pairs(const char *event, const char *const *pairs);

/* Each of the texts may be NULL. */
void log_scan(const char *name, const char *sha256, const char *verdict, const char *rule,
              const char *lane, uint64_t bytes, uint64_t ms);
void log_request(const char *method, const char *path, unsigned status, const char *why);
#endif
