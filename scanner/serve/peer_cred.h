/* peer_cred.h - the user at the other end of a unix socket (unix(7), SO_PEERCRED). */
#ifndef MA_SERVE_PEER_CRED_H
#define MA_SERVE_PEER_CRED_H
#include "options.h"

/* peer_is_allowed tests whether fd is a unix socket whose other end belongs to a user of
 * --allow-uid. Returns false without that option. */
bool peer_is_allowed(const struct serve_options *o, int fd);
#endif
