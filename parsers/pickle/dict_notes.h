/* dict_notes.h - what is remembered of single dictionaries. */
#ifndef MA_PICKLE_DICT_NOTES_H
#define MA_PICKLE_DICT_NOTES_H
#include "vm.h"

/* watched_key() returns the bit of a watched key (watched_keys.def), or 0. */
uint64_t watched_key(struct bytes b);
/* Whether these keys may have any value in a dictionary that is no state: all but the dunder
 * names that change what an object is or does. */
bool watched_is_safe(uint64_t keys);
/* The name of a bit that watched_key() returns, for the type of a state: "_get_args". */
const char *watched_key_name(unsigned bit);

/* dict_note_find() returns the note of a K_DICT, or NULL when it has none.  Valid until the next
 * dict_note_add(). */
struct dict_note *dict_note_find(const struct vm *m, struct val dict);
/* dict_note_add() returns the note of a K_DICT, a zeroed one where it had none.  NULL: out of
 * memory. */
struct dict_note *dict_note_add(struct vm *m, struct val dict);
void dict_notes_clear(struct vm *m);
#endif
