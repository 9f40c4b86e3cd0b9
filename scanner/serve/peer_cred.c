#include "peer_cred.h"

#include <sys/socket.h>

bool peer_is_allowed(const struct serve_options *o, int fd)
{
    struct sockaddr_storage a = { 0 };
    struct ucred who = { 0 };
    socklen_t na = sizeof a, nw = sizeof who;
    if (getsockname(fd, (struct sockaddr *)&a, &na) != 0 || a.ss_family != AF_UNIX
        || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &nw) != 0) {
        return false;
    }
    for (size_t i = 0; i < o->num_uids; i++) {
        if (o->uids[i] == who.uid) {
            return true;
        }
    }
    return false;
}
