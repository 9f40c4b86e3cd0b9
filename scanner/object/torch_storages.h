/* torch_storages.h - which tensor of a PyTorch archive lies in which of its members.
 *
 * The pickle NAME/data.pkl says what is a view of which storage; the storage KEY is the member
 * NAME/data/KEY.  Asked only when the search has found something there. */
#ifndef MA_OBJECT_TORCH_STORAGES_H
#define MA_OBJECT_TORCH_STORAGES_H
#include "region_map.h"

#include "../../parsers/base/fact.h"

struct storage_view;
struct storages {
    struct storage_view *items;
    size_t n, room;
    uint8_t *text;
    size_t num_text, text_room;
    bool sorted;
};
/* A tensor fact of the pickle with that label; left out: what is no view, and what has no room. */
void storages_add(struct storages *s, const char *pickle, const struct fact *tensor);
/* The tensor that has byte `at` of the member with that label, else the first of that storage; p
 * NULL: none is known. Valid until the next storages_add. */
struct bytes storages_name(struct storages *s, const char *member, uint64_t at);
void storages_done(struct storages *s);
#endif
