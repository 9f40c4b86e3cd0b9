/* search_results.h - validates search hits and turns them into facts and nested objects. */
#ifndef MA_OBJECT_SEARCH_RESULTS_H
#define MA_OBJECT_SEARCH_RESULTS_H
#include "collect.h"
#include "object.h"
#include "../input/scan_pass.h"

/* search_results_of_file examines all hits of the file's pass. claimed_by: CLAIM_* of the parsers
 * that vouched for the file. Returns false when out of memory. */
bool search_results_of_file(struct collector *c, struct scan_object *root, unsigned claimed_by,
                            struct scan_pass *p);
/* search_results_of_object searches an unpacked or decoded object, which was parsed just before,
 * and examines its hits. Returns false when out of memory. */
bool search_results_of_object(struct collector *c, struct scan_object *obj);
/* search_results_note_member maps a stored member of the file to its label, so that hits in it are
 * reported as the member's. */
void search_results_note_member(struct collector *c, const struct scan_object *obj);
/* hits_overflow reports, once a file, that there were more candidates than are examined: a fact
 * and a gap. Returns false when out of memory. */
bool hits_overflow(struct collector *c, const char *label);
/* hits_capped is hits_overflow for more hits of one kind than the pass hands out; headers of zip
 * members do not count. */
bool hits_capped(struct collector *c, enum magic m, const char *label);
/* search_results_of_string emits a fact for a text that is a script as a whole. Returns false when
 * out of memory. */
bool search_results_of_string(struct collector *c, const struct fact *string);
#endif
