/* listen.h - opens the sockets of the listeners. */
#ifndef MA_SERVE_LISTEN_H
#define MA_SERVE_LISTEN_H
#include <stdbool.h>
#include <stddef.h>

/* listen_on opens a socket on an address: 127.0.0.1:8437, [::1]:0 or unix:/run/x.sock. Host names
 * are not resolved. A unix socket has mode 0660 and replaces a stale one. *is_local: only this
 * machine can reach it. shown: the address with port 0 replaced by the real one. Returns the
 * descriptor, or -1 with a text in *why. */
int listen_on(const char *where, bool *is_local, char *shown, size_t cap, const char **why);

/* listen_is_local tests whether only this machine can reach an address. */
bool listen_is_local(const char *where);
#endif
