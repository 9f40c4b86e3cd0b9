#include "task.h"

#include <stdlib.h>
#include <string.h>

bool task_open(struct task *t, const struct scan_options *o, int fd, uint64_t size)
{
    *t = (struct task){
        .fd = fd, .size = size, .known_digest = o->digest, .hooks.cancelled = o->cancelled
    };
    if (!file_input_open(&t->input, fd, size, t->known_digest != NULL, &t->hash_error)) {
        return false;
    }
    t->hash_error = INPUT_OK;
    t->has_ring = t->input.macs != NULL;
    return !t->has_ring || ring_create(&t->shared_ring, o->cancelled);
}

void task_worker_started(struct task *t)
{
    if (t->has_ring) {
        ring_worker_started(&t->shared_ring, t->worker.deadline);
        t->hooks.reserve = ring_reserve;
        t->hooks.commit = ring_commit;
        t->hooks.ring = &t->shared_ring;
        t->hooks.copies = !t->shared_ring.sealed;
    }
}

/* --- the digest ------------------------------------------------------------------ */

static void count_bytes(void *task, uint64_t bytes)
{
    struct task *t = task;
    atomic_fetch_add(&t->num_hashed, bytes);
}

/* Hashes the very bytes that the worker searches. */
static void *hash_input(void *arg)
{
    struct task *t = arg;
    if (t->known_digest != NULL) {
        memcpy(t->sha256, t->known_digest, sizeof t->sha256);
        t->hashed = true;
    } else if (t->input.whole != NULL) {
        hash_bytes((struct bytes){ t->input.whole, (size_t)t->size }, t->sha256, &t->hooks);
        t->hashed = true;
    } else if (t->hash_error == INPUT_OK) {
        t->hashed = hash_file(t->fd, t->size, t->sha256, &t->hooks, &t->hash_error);
    }
    if (t->has_ring) {
        ring_finish(&t->shared_ring);
    }
    return NULL;
}

void task_hash(struct task *t) { (void)hash_input(t); }

/* A file that is in memory is hashed at once, while the worker reads it, too: a thread costs
 * more. */
bool task_hash_in_thread(struct task *t)
{
    t->hooks.bytes = count_bytes;
    t->hooks.ctx = t;
    if (t->started && !t->has_ring && t->input.whole != NULL) {
        task_hash(t);
        return true;
    }
    t->threaded = t->started && pthread_create(&t->thread, NULL, hash_input, t) == 0;
    return t->threaded;
}

void task_join(struct task *t)
{
    if (t->threaded) {
        (void)pthread_join(t->thread, NULL); /* the thread is joinable: cannot fail */
        t->threaded = false;
    }
}

void task_close(struct task *t)
{
    if (t->has_ring) {
        ring_free(&t->shared_ring);
    }
    file_input_close(&t->input);
    free(t->reply.p);
}
