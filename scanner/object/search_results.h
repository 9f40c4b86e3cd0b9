/* search_results.h - what the search found, looked at closely: facts, and objects to read. */
#ifndef MA_OBJECT_SEARCH_RESULTS_H
#define MA_OBJECT_SEARCH_RESULTS_H
#include "collect.h"
#include "object.h"
#include "../input/scan_pass.h"

/* All hits of the file's pass.  claims: who claimed the file.  False: out of memory. */
bool found_in_file(struct collector *c, struct job *root, unsigned claims, struct pass *p);
/* Searches an unpacked or decoded object, which was read just before. */
bool found_in_object(struct collector *c, struct job *j);
/* Remembers a stored member of the file by where it lies: findings are then its own. */
void found_member(struct collector *c, const struct job *j);
/* There was more than the search could look at: a fact and a gap, once a file. */
bool found_flood(struct collector *c, const char *where);
/* The same, because there were more hits of one kind than are handed out. */
bool found_capped(struct collector *c, enum magic m, const char *where);
/* A script that is the whole of a text: emitted as a fact. */
bool found_in_string(struct collector *c, const struct fact *string);
#endif
