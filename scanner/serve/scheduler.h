/* scheduler.h - who may use a helper next.
 *
 * Lanes in their order, first come first served in each. The first helper takes small files only
 * (where there is more than one), so that a 70 GB checkpoint never stands before a header of 2
 * KB. */
#ifndef MA_SERVE_SCHEDULER_H
#define MA_SERVE_SCHEDULER_H
#include "../../parsers/base/cursor.h"

enum lane { LANE_INTERACTIVE, LANE_UPLOAD, LANE_BACKFILL, NUM_LANES };
const char *lane_name(enum lane l);
bool lane_named(const char *name, enum lane *out);

#define SMALL_FILE (UINT64_C(16) << 20) /* bytes */

struct scheduler;
struct scheduler *scheduler_new(size_t num_helpers);
void scheduler_free(struct scheduler *l); /* accepts NULL; nobody may wait any more */
/* Waits; the number of the helper, or -1: the house closes, or no helper is left. */
int scheduler_enter(struct scheduler *l, enum lane lane, uint64_t bytes);
/* alive: false where the helper has died; it is not given out again. */
void scheduler_leave(struct scheduler *l, int helper, bool alive);
/* From now on nobody gets a helper. */
void scheduler_close(struct scheduler *l);
void scheduler_count(struct scheduler *l, size_t waiting[NUM_LANES], size_t *busy, size_t *alive);
#endif
