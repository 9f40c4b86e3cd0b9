#include "peer_cred.h"

#include <sys/socket.h>

bool peer_is_allowed(const struct serve_options *o, int fd)
{
    struct sockaddr_storage a = { 0 };
    struct ucred peer = { 0 };
    socklen_t a_size = sizeof a;
    socklen_t peer_size = sizeof peer;

    if (getsockname(fd, (struct sockaddr *)&a, &a_size) != 0 || a.ss_family != AF_UNIX
        || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_size) != 0) {
        return false;
    }
    for (size_t i = 0; i < o->num_uids; i++) {
        if (o->uids[i] == peer.uid) {
            return true;
        }
    }
    return false;
}
