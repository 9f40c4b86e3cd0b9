#include "task.h"

#include <stdlib.h>
#include <string.h>

bool turn_open(struct turn *t, const struct scan_options *o, int fd, uint64_t size)
{
    *t =
        (struct turn){ .fd = fd, .size = size, .known = o->digest, .done.cancelled = o->cancelled };
    if (!feed_open(&t->feed, fd, size, t->known != NULL, &t->hash_why)) {
        return false;
    }
    t->hash_why = NULL;
    t->belted = t->feed.tags != NULL;
    return !t->belted || belt_make(&t->belt, o->cancelled);
}

void turn_started(struct turn *t)
{
    if (t->belted) {
        belt_started(&t->belt, t->child.deadline);
        t->done.room = belt_room;
        t->done.put = belt_put;
        t->done.to = &t->belt;
        t->done.copies = !t->belt.sealed;
    }
}

/* --- its digest ------------------------------------------------------------------ */

static void count(void *turn, uint64_t bytes)
{
    struct turn *t = turn;
    atomic_fetch_add(&t->read, bytes);
}

/* What is hashed here is what the worker searches. */
static void *hash(void *arg)
{
    struct turn *t = arg;
    if (t->known != NULL) {
        memcpy(t->sha, t->known, sizeof t->sha);
        t->hashed = true;
    } else if (t->feed.whole != NULL) {
        pass_hash_whole((struct bytes){ t->feed.whole, (size_t)t->size }, t->sha, &t->done);
        t->hashed = true;
    } else if (t->hash_why == NULL) {
        t->hashed = pass_hash(t->fd, t->size, t->sha, &t->done, &t->hash_why);
    }
    if (t->belted) {
        belt_end(&t->belt);
    }
    return NULL;
}

void turn_hash(struct turn *t) { (void)hash(t); }

/* What is in memory already is hashed at once, while the worker reads it too: a thread would
 * cost more. */
bool turn_hash_ahead(struct turn *t)
{
    t->done.bytes = count;
    t->done.ctx = t;
    if (t->started && !t->belted && t->feed.whole != NULL) {
        turn_hash(t);
        return true;
    }
    t->threaded = t->started && pthread_create(&t->thread, NULL, hash, t) == 0;
    return t->threaded;
}

void turn_join(struct turn *t)
{
    if (t->threaded) {
        (void)pthread_join(t->thread, NULL); /* it is ours and joinable: cannot fail */
        t->threaded = false;
    }
}

void turn_close(struct turn *t)
{
    if (t->belted) {
        belt_done(&t->belt);
    }
    feed_close(&t->feed);
    free(t->answer.p);
}
