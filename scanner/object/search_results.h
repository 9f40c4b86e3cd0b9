/* search_results.h - what the search found, looked at closely: facts, and objects to read. */
#ifndef MA_OBJECT_SEARCH_RESULTS_H
#define MA_OBJECT_SEARCH_RESULTS_H
#include "collect.h"
#include "object.h"
#include "../input/scan_pass.h"

/* All hits of the file's pass.  claims: who claimed the file.  False: out of memory. */
bool search_results_of_file(struct collector *c, struct scan_object *root, unsigned claimed_by,
                            struct scan_pass *p);
/* Searches an unpacked or decoded object, which was read just before. */
bool search_results_of_object(struct collector *c, struct scan_object *j);
/* Remembers a stored member of the file by where it lies: findings are then its own. */
void search_results_note_member(struct collector *c, const struct scan_object *j);
/* There was more than the search could look at: a fact and a gap, once a file. */
bool hits_overflow(struct collector *c, const char *where);
/* The same, because there were more hits of one kind than are handed out. */
bool hits_capped(struct collector *c, enum magic m, const char *where);
/* A script that is the whole of a text: emitted as a fact. */
bool search_results_of_string(struct collector *c, const struct fact *string);
#endif
