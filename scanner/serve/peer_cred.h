/* peer_cred.h - who is at the other end of a unix socket, as the kernel says (unix(7), SO_PEERCRED). */
#ifndef MA_SERVE_PEER_CRED_H
#define MA_SERVE_PEER_CRED_H
#include "options.h"

/* Whether fd is a unix socket whose other end was opened by a user of --allow-uid. False without
 * that option. */
bool peer_is_allowed(const struct serve_options *o, int fd);
#endif
