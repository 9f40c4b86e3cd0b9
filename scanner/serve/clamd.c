#include "clamd.h"

#include "clamd_session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    /* Bytes of the stack of a connection's thread. */
    STACK = 262144,
    /* Connections at a time. */
    MAX_CONNECTIONS = 512
};

struct clamd {
    struct scan_service *service;
    int fd;
    /* A pipe; closing its write end ends the accepting thread. */
    int wake[2];
    pthread_t accepting_thread;

    pthread_mutex_t lock;
    pthread_cond_t connection_ended;
    /* Sockets of the connections, or -1. The thread of a connection removes its own. */
    int connections[MAX_CONNECTIONS];
    size_t num_connections;
    bool quiet;
};

/* The context of a connection's thread; heap. */
struct connection {
    struct clamd *clamd;
    size_t slot;
    int fd;
};

/* --- connections ---------------------------------------------------------------------- */

static void *connection_thread(void *ctx)
{
    struct connection connection = *(struct connection *)ctx;
    struct clamd *c = connection.clamd;
    free(ctx);

    clamd_session_run(c->service, connection.fd);

    pthread_mutex_lock(&c->lock);
    c->connections[connection.slot] = -1;
    c->num_connections--;
    close(connection.fd);
    pthread_cond_signal(&c->connection_ended);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* Starts a thread, detached when thread is NULL. */
static bool start_thread(void *(*run)(void *), void *ctx, pthread_t *thread)
{
    pthread_attr_t attr;
    pthread_t detached;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    if (thread == NULL) {
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
        thread = &detached;
    }

    bool ok = pthread_create(thread, &attr, run, ctx) == 0;
    pthread_attr_destroy(&attr);
    return ok;
}

/* Starts a connection. Call with the lock held. */
static bool start_connection(struct clamd *c, int fd)
{
    size_t slot = 0;
    while (slot < MAX_CONNECTIONS && c->connections[slot] >= 0) {
        slot++;
    }
    if (slot == MAX_CONNECTIONS) {
        return false;
    }
    struct connection *connection = malloc(sizeof *connection);
    if (connection == NULL) {
        return false;
    }

    *connection = (struct connection){ c, slot, fd };
    c->connections[slot] = fd;
    c->num_connections++;
    if (!start_thread(connection_thread, connection, NULL)) {
        c->connections[slot] = -1;
        c->num_connections--;
        free(connection);
        return false;
    }
    return true;
}

static void accept_connection(struct clamd *c)
{
    int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
            usleep(100000); /* until other connections have ended */
        }
        return;
    }

    pthread_mutex_lock(&c->lock);
    bool ok = start_connection(c, fd);
    pthread_mutex_unlock(&c->lock);
    if (!ok) {
        c->service->count.busy++;
        close(fd);
    }
}

static void *accepting_thread(void *ctx)
{
    struct clamd *c = ctx;
    struct pollfd p[2] = { { .fd = c->fd, .events = POLLIN },
                           { .fd = c->wake[0], .events = POLLIN } };
    while (poll(p, 2, -1) >= 0 || errno == EINTR) {
        if (p[1].revents != 0) {
            break;
        }
        accept_connection(c);
    }
    return NULL;
}

/* --- the listener --------------------------------------------------------------------- */

struct clamd *clamd_start(struct scan_service *service, int fd)
{
    struct clamd *c = calloc(1, sizeof *c);
    if (c == NULL || pipe(c->wake) != 0) {
        free(c);
        return NULL;
    }

    c->service = service;
    c->fd = fd;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->connection_ended, NULL);
    for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
        c->connections[i] = -1;
    }
    if (!start_thread(accepting_thread, c, &c->accepting_thread)) {
        close(c->wake[0]);
        close(c->wake[1]);
        free(c);
        return NULL;
    }
    return c;
}

void clamd_quiesce(struct clamd *c)
{
    if (c != NULL && !c->quiet) {
        c->quiet = true;
        close(c->wake[1]);
        pthread_join(c->accepting_thread, NULL);
        close(c->wake[0]);
        close(c->fd);
    }
}

void clamd_stop(struct clamd *c)
{
    if (c == NULL) {
        return;
    }

    clamd_quiesce(c);
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
        if (c->connections[i] >= 0) {
            shutdown(c->connections[i], SHUT_RDWR);
        }
    }

    while (c->num_connections > 0) {
        pthread_cond_wait(&c->connection_ended, &c->lock);
    }

    pthread_mutex_unlock(&c->lock);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->connection_ended);
    free(c);
}
