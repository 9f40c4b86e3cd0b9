#include "scheduler.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct ticket {
    enum lane lane;
    bool small;
    int helper;
    pthread_cond_t called;
    struct ticket *next;
};
enum state { IDLE, BUSY, DEAD };
struct scheduler {
    pthread_mutex_t lock;
    struct ticket *first; /* by lane, then by time */
    bool closed;
    size_t num_helpers;
    enum state *scan_processes;
};
enum { NO_HELPER = -1, WAITING = -2 };

static const char *const names[NUM_LANES] = { "interactive", "upload", "backfill" };

const char *lane_name(enum lane l) { return names[l]; }

bool lane_named(const char *name, enum lane *out)
{
    for (int i = 0; i < NUM_LANES; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum lane)i;
            return true;
        }
    }
    return false;
}

struct scheduler *scheduler_new(size_t num_helpers)
{
    struct scheduler *l = calloc(1, sizeof *l);
    if (l == NULL || (l->scan_processes = calloc(num_helpers, sizeof *l->scan_processes)) == NULL) {
        free(l);
        return NULL;
    }
    l->num_helpers = num_helpers;
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

void scheduler_free(struct scheduler *l)
{
    if (l != NULL) {
        pthread_mutex_destroy(&l->lock);
        free(l->scan_processes);
        free(l);
    }
}

/* The reserve first, for what is small: the others stay free for what is not. */
static int idle_for(const struct scheduler *l, const struct ticket *t)
{
    size_t from = t->small || l->num_helpers == 1 ? 0 : 1;
    for (size_t i = from; i < l->num_helpers; i++) {
        if (l->scan_processes[i] == IDLE) {
            return (int)i;
        }
    }
    return NO_HELPER;
}

static bool all_dead(const struct scheduler *l)
{
    size_t dead = 0;
    for (size_t i = 0; i < l->num_helpers; i++) {
        dead += l->scan_processes[i] == DEAD;
    }
    return dead == l->num_helpers
           || (dead + 1 == l->num_helpers && dead > 0 && l->scan_processes[0] != DEAD);
}

/* With the lock: every helper that is idle goes to the first who can use it. */
static void serve_next(struct scheduler *l)
{
    bool over = l->closed || all_dead(l);
    for (struct ticket **p = &l->first; *p != NULL;) {
        struct ticket *t = *p;
        int helper = over ? NO_HELPER : idle_for(l, t);
        if (helper == NO_HELPER && !over) {
            p = &t->next;
            continue;
        }
        if (helper >= 0) {
            l->scan_processes[helper] = BUSY;
        }
        *p = t->next;
        t->helper = helper;
        pthread_cond_signal(&t->called);
    }
}

int scheduler_enter(struct scheduler *l, enum lane lane, uint64_t bytes)
{
    struct ticket t = { .lane = lane, .small = bytes <= SMALL_FILE, .helper = WAITING };
    struct ticket **p = &l->first;
    pthread_cond_init(&t.called, NULL);
    pthread_mutex_lock(&l->lock);
    while (*p != NULL && (*p)->lane <= lane) {
        p = &(*p)->next;
    }
    t.next = *p;
    *p = &t;
    serve_next(l);
    while (t.helper == WAITING) {
        pthread_cond_wait(&t.called, &l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    pthread_cond_destroy(&t.called);
    return t.helper;
}

void scheduler_leave(struct scheduler *l, int helper, bool alive)
{
    pthread_mutex_lock(&l->lock);
    l->scan_processes[helper] = alive ? IDLE : DEAD;
    serve_next(l);
    pthread_mutex_unlock(&l->lock);
}

void scheduler_close(struct scheduler *l)
{
    pthread_mutex_lock(&l->lock);
    l->closed = true;
    serve_next(l);
    pthread_mutex_unlock(&l->lock);
}

void scheduler_count(struct scheduler *l, size_t waiting[NUM_LANES], size_t *busy, size_t *alive)
{
    memset(waiting, 0, NUM_LANES * sizeof *waiting);
    *busy = *alive = 0;
    pthread_mutex_lock(&l->lock);
    for (const struct ticket *t = l->first; t != NULL; t = t->next) {
        waiting[t->lane]++;
    }
    for (size_t i = 0; i < l->num_helpers; i++) {
        *busy += l->scan_processes[i] == BUSY;
        *alive += l->scan_processes[i] != DEAD;
    }
    pthread_mutex_unlock(&l->lock);
}
