#include "clamd.h"

#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* bytes; connections */
enum { STACK = 262144, MAX_AT_A_TIME = 512 };

/* A connection's thread takes its number out again when it ends. */
struct clamd {
    struct scan_service *service;
    int fd, wake[2];
    pthread_t accepter;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int open[MAX_AT_A_TIME]; /* sockets, or -1 */
    size_t num_open;
    bool quiet;
};
struct one {
    struct clamd *c;
    size_t slot;
    int fd;
};

static void *session(void *ctx)
{
    struct one one = *(struct one *)ctx;
    free(ctx);
    clamd_session(one.c->service, one.fd);
    pthread_mutex_lock(&one.c->lock);
    one.c->open[one.slot] = -1;
    one.c->num_open--;
    close(one.fd);
    pthread_cond_signal(&one.c->ended);
    pthread_mutex_unlock(&one.c->lock);
    return NULL;
}

static bool start_thread(void *(*run)(void *), void *ctx, pthread_t *thread)
{
    pthread_attr_t attr;
    pthread_t detached;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    if (thread == NULL) {
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    }
    bool ok = pthread_create(thread != NULL ? thread : &detached, &attr, run, ctx) == 0;
    pthread_attr_destroy(&attr);
    return ok;
}

/* With the lock. */
static bool admit(struct clamd *c, int fd)
{
    size_t slot = 0;
    while (slot < MAX_AT_A_TIME && c->open[slot] >= 0) {
        slot++;
    }
    struct one *one = slot < MAX_AT_A_TIME ? malloc(sizeof *one) : NULL;
    if (one == NULL) {
        return false;
    }
    *one = (struct one){ c, slot, fd };
    c->open[slot] = fd;
    c->num_open++;
    if (!start_thread(session, one, NULL)) {
        c->open[slot] = -1;
        c->num_open--;
        free(one);
        return false;
    }
    return true;
}

static void *accept_all(void *ctx)
{
    struct clamd *c = ctx;
    struct pollfd p[2] = { { .fd = c->fd, .events = POLLIN },
                           { .fd = c->wake[0], .events = POLLIN } };
    while (poll(p, 2, -1) >= 0 || errno == EINTR) {
        if (p[1].revents != 0) {
            break;
        }
        int fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
                usleep(100000); /* others have to end first */
            }
            continue;
        }
        pthread_mutex_lock(&c->lock);
        bool ok = admit(c, fd);
        pthread_mutex_unlock(&c->lock);
        if (!ok) {
            c->service->count.busy++;
            close(fd);
        }
    }
    return NULL;
}

struct clamd *clamd_start(struct scan_service *g, int fd)
{
    struct clamd *c = calloc(1, sizeof *c);
    if (c == NULL || pipe(c->wake) != 0) {
        free(c);
        return NULL;
    }
    c->service = g;
    c->fd = fd;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->ended, NULL);
    for (size_t i = 0; i < MAX_AT_A_TIME; i++) {
        c->open[i] = -1;
    }
    if (!start_thread(accept_all, c, &c->accepter)) {
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
        pthread_join(c->accepter, NULL);
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
    for (size_t i = 0; i < MAX_AT_A_TIME; i++) {
        if (c->open[i] >= 0) {
            shutdown(c->open[i], SHUT_RDWR);
        }
    }
    while (c->num_open > 0) {
        pthread_cond_wait(&c->ended, &c->lock);
    }
    pthread_mutex_unlock(&c->lock);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->ended);
    free(c);
}
