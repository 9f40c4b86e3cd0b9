#include "scheduler.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Values of ticket.process that are not the number of a process. */
enum { NO_PROCESS = -1, IS_WAITING = -2 };

/* A thread in scheduler_enter(). */
struct ticket {
    enum lane lane;
    /* May it use the reserved process? */
    bool is_small;
    /* The assigned process, NO_PROCESS or IS_WAITING. */
    int process;
    pthread_cond_t assigned;
    struct ticket *next;
};

enum process_state { PROCESS_IDLE, PROCESS_BUSY, PROCESS_DEAD };

struct scheduler {
    pthread_mutex_t lock;
    /* The waiting tickets, by lane, then by time. */
    struct ticket *first;
    bool closed;
    enum process_state *processes;
    size_t num_processes;
};

static const char *const names[NUM_LANES] = { "interactive", "upload", "backfill" };

const char *lane_name(enum lane lane) { return names[lane]; }

bool lane_from_name(const char *name, enum lane *out)
{
    for (int i = 0; i < NUM_LANES; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum lane)i;
            return true;
        }
    }
    return false;
}

struct scheduler *scheduler_new(size_t num_processes)
{
    struct scheduler *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return NULL;
    }
    s->processes = calloc(num_processes, sizeof *s->processes);
    if (s->processes == NULL) {
        free(s);
        return NULL;
    }
    s->num_processes = num_processes;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void scheduler_free(struct scheduler *s)
{
    if (s != NULL) {
        pthread_mutex_destroy(&s->lock);
        free(s->processes);
        free(s);
    }
}

/* A small file takes the reserved process first, so that the others stay idle for large ones. */
static int find_idle(const struct scheduler *s, const struct ticket *t)
{
    size_t first = t->is_small || s->num_processes == 1 ? 0 : 1;
    for (size_t i = first; i < s->num_processes; i++) {
        if (s->processes[i] == PROCESS_IDLE) {
            return (int)i;
        }
    }
    return NO_PROCESS;
}

/* Without a process for large files, nothing more is scanned. */
static bool all_dead(const struct scheduler *s)
{
    size_t first = s->num_processes == 1 ? 0 : 1;
    for (size_t i = first; i < s->num_processes; i++) {
        if (s->processes[i] != PROCESS_DEAD) {
            return false;
        }
    }
    return true;
}

/* Takes the ticket at *link from the list and ends its wait. */
static void end_wait(struct ticket **link, int process)
{
    struct ticket *t = *link;
    *link = t->next;
    t->process = process;
    pthread_cond_signal(&t->assigned);
}

/* Assigns each idle process to the first ticket that may use it. Call with the lock held. */
static void assign_processes(struct scheduler *s)
{
    bool ended = s->closed || all_dead(s);
    struct ticket **link = &s->first;
    while (*link != NULL) {
        int process = ended ? NO_PROCESS : find_idle(s, *link);
        if (process >= 0) {
            s->processes[process] = PROCESS_BUSY;
        }
        if (ended || process >= 0) {
            end_wait(link, process);
        } else {
            link = &(*link)->next;
        }
    }
}

static void insert_ticket(struct scheduler *s, struct ticket *t)
{
    struct ticket **link = &s->first;
    while (*link != NULL && (*link)->lane <= t->lane) {
        link = &(*link)->next;
    }
    t->next = *link;
    *link = t;
}

int scheduler_enter(struct scheduler *s, enum lane lane, uint64_t bytes)
{
    struct ticket t = { .lane = lane, .is_small = bytes <= SMALL_FILE, .process = IS_WAITING };

    pthread_cond_init(&t.assigned, NULL);
    pthread_mutex_lock(&s->lock);
    insert_ticket(s, &t);
    assign_processes(s);
    while (t.process == IS_WAITING) {
        pthread_cond_wait(&t.assigned, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    pthread_cond_destroy(&t.assigned);
    return t.process;
}

void scheduler_leave(struct scheduler *s, int process, bool alive)
{
    pthread_mutex_lock(&s->lock);
    s->processes[process] = alive ? PROCESS_IDLE : PROCESS_DEAD;
    assign_processes(s);
    pthread_mutex_unlock(&s->lock);
}

void scheduler_close(struct scheduler *s)
{
    pthread_mutex_lock(&s->lock);
    s->closed = true;
    assign_processes(s);
    pthread_mutex_unlock(&s->lock);
}

struct scheduler_state scheduler_state(struct scheduler *s)
{
    struct scheduler_state state = { 0 };
    pthread_mutex_lock(&s->lock);
    for (const struct ticket *t = s->first; t != NULL; t = t->next) {
        state.waiting[t->lane]++;
    }
    for (size_t i = 0; i < s->num_processes; i++) {
        state.busy += s->processes[i] == PROCESS_BUSY;
        state.alive += s->processes[i] != PROCESS_DEAD;
    }
    pthread_mutex_unlock(&s->lock);
    return state;
}
