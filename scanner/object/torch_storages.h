/* torch_storages.h - the tensors of a PyTorch archive, by the members that they lie in.
 *
 * The pickle NAME/data.pkl says which tensor is a view of which storage; the storage KEY is the
 * member NAME/data/KEY. Read only when the search has found something there. */
#ifndef MA_OBJECT_TORCH_STORAGES_H
#define MA_OBJECT_TORCH_STORAGES_H
#include "region_map.h"

#include "../../parsers/base/fact.h"

struct storage_view;
struct storage_size;
struct torch_storages {
    struct storage_view *items;
    size_t n;
    size_t cap;
    uint8_t *text; /* names of tensors, one behind the other */
    size_t num_text;
    size_t text_cap;
    bool sorted; /* by member and offset */
    struct storage_size *sizes; /* what pickles declare */
    size_t num_sizes;
    size_t cap_sizes;
    bool sizes_sorted; /* by member, the largest first */
};
/* torch_storages_declare keeps how many bytes the pickle with that label declares for a storage;
 * torch_storages_declared returns the most that was declared for the member with that label, 0:
 * none is known. Names are compared without case, as torch's zip reader does.
 * torch_storages_declare returns false when out of memory, or beyond the bound. */
MUST_CHECK bool torch_storages_declare(struct torch_storages *s, const char *pickle,
                                       const struct fact *tensor);
uint64_t torch_storages_declared(struct torch_storages *s, const char *member);
/* torch_storages_add takes a tensor fact of the pickle with that label. A tensor that is not a
 * view of a storage is ignored, as is one beyond the bounds. */
void torch_storages_add(struct torch_storages *s, const char *pickle, const struct fact *tensor);
/* torch_storages_name returns the name of the tensor that has byte `at` of the member with that
 * label, else of the first tensor of that storage; p is NULL if there is none. Valid until the next
 * torch_storages_add. */
struct bytes torch_storages_name(struct torch_storages *s, const char *member, uint64_t at);
void torch_storages_done(struct torch_storages *s);
#endif
