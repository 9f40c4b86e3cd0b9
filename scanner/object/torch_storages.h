/* torch_storages.h - which tensor of a PyTorch archive lies in which of its members.
 *
 * The pickle NAME/data.pkl says what is a view of which storage; the storage KEY is the member
 * NAME/data/KEY.  Asked only when the search has found something there. */
#ifndef MA_OBJECT_TORCH_STORAGES_H
#define MA_OBJECT_TORCH_STORAGES_H
#include "region_map.h"

#include "../../parsers/base/fact.h"

struct storage_view;
struct torch_storages {
    struct storage_view *items;
    size_t n, cap;
    uint8_t *text;
    size_t num_text, text_cap;
    bool sorted;
};
/* A tensor fact of the pickle with that label; left out: what is no view, and what has no room. */
void torch_storages_add(struct torch_storages *s, const char *pickle, const struct fact *tensor);
/* The tensor that has byte `at` of the member with that label, else the first of that storage; p
 * NULL: none is known. Valid until the next torch_storages_add. */
struct bytes torch_storages_name(struct torch_storages *s, const char *member, uint64_t at);
void torch_storages_done(struct torch_storages *s);
#endif
