/* listen.h - sockets to listen on. */
#ifndef MA_SERVE_LISTEN_H
#define MA_SERVE_LISTEN_H
#include <stdbool.h>
#include <stddef.h>

/* Numbers only, no look-ups: 127.0.0.1:8437, [::1]:0, unix:/run/x.sock (made with mode 0660, a
 * stale one replaced). near: only this machine can reach it. shown: what it became, port 0
 * resolved. -1: *why (static text or errno's). */
int listen_on(const char *where, bool *is_local, char *shown, size_t cap, const char **why);
/* Is where a form that only this machine can reach? */
bool listen_is_local(const char *where);
#endif
