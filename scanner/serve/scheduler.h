/* scheduler.h - assigns scan processes to requests.
 *
 * Requests are served by lane, the priority of a request, and in each lane in their order. Where
 * there are several scan processes, the first is reserved for small files: a header of 2 KB never
 * waits for a checkpoint of 70 GB. */
#ifndef MA_SERVE_SCHEDULER_H
#define MA_SERVE_SCHEDULER_H
#include "../../parsers/base/cursor.h"

/* In the order of their priority. */
enum lane { LANE_INTERACTIVE, LANE_UPLOAD, LANE_BACKFILL, NUM_LANES };

/* lane_name returns "interactive", "upload" or "backfill". */
const char *lane_name(enum lane lane);

/* lane_from_name returns false for an unknown name. */
bool lane_from_name(const char *name, enum lane *out);

#define SMALL_FILE (UINT64_C(16) << 20) /* bytes */

struct scheduler;

/* scheduler_new returns a scheduler of n idle scan processes, or NULL when out of memory. */
struct scheduler *scheduler_new(size_t num_processes);

/* scheduler_free accepts NULL. No thread may be in scheduler_enter(). */
void scheduler_free(struct scheduler *s);

/* scheduler_enter waits for a scan process. Returns its number, or -1 when the scheduler was closed
 * or no process is left. */
int scheduler_enter(struct scheduler *s, enum lane lane, uint64_t bytes);

/* scheduler_leave makes a scan process idle again. With alive false the process has died and is not
 * used any more. */
void scheduler_leave(struct scheduler *s, int process, bool alive);

/* scheduler_close ends all waits, now and in the future. */
void scheduler_close(struct scheduler *s);

/* The state of a scheduler. */
struct scheduler_state {
    /* Requests that wait, by lane. */
    size_t waiting[NUM_LANES];
    /* Scan processes that scan, and all that have not died. */
    size_t busy, alive;
};
struct scheduler_state scheduler_state(struct scheduler *s);
#endif
