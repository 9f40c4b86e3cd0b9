#include "region_map.h"

#include <stdlib.h>
#include <string.h>

#define SPARE_PLACES 1024u /* for other roles than tensors */
#define STEPS_BACK 256u /* siblings that end before a byte and may hide what contains them all */

bool where_room(void **p, size_t *room, size_t need, size_t item, size_t max)
{
    if (need <= *room) {
        return true;
    }
    size_t wanted = *room == 0 ? 16 : *room * 2;
    wanted = wanted < need ? need : wanted;
    if (need > max) {
        return false;
    }
    void *grown = realloc(*p, wanted * item);
    if (grown == NULL) {
        return false;
    }
    *p = grown;
    *room = wanted;
    return true;
}

static uint16_t put_text(struct where *w, struct bytes b)
{
    b = bytes_sub(b, 0, WHERE_NAME);
    if (b.n > 0) {
        memcpy(w->text + w->num_text, b.p, b.n);
        w->num_text += b.n;
    }
    return (uint16_t)b.n;
}

/* Is there no room for one more of that role? Tensors leave some to what is not: gaps and
 * trailing bytes are few. */
static bool full(const struct where *w, bool tensor)
{
    return w->n >= WHERE_PLACES - (tensor ? SPARE_PLACES : 0u);
}

/* Beyond the bound, tensors in a row are one place without a name. */
static bool merge(struct where *w, struct range at, bool tensor)
{
    struct place *last = tensor && w->n > 0 ? &w->items[w->n - 1] : NULL;
    uint64_t end;
    if (last == NULL || at.off < last->at.off || !bytes_eq(place_role(w, last), BYTES("tensor"))
        || !add_u64(at.off, at.len, &end)) {
        return false;
    }
    last->num_name = 0;
    last->at.len = end - last->at.off > last->at.len ? end - last->at.off : last->at.len;
    return true;
}

static bool append(struct where *w, struct range at, struct bytes role, struct bytes name,
                   unsigned tag)
{
    void *items = w->items, *text = w->text;
    bool ok = where_room(&items, &w->room, w->n + 1, sizeof *w->items, WHERE_PLACES);
    w->items = items;
    ok = ok
         && where_room(&text, &w->text_room, w->num_text + WHERE_ROLE + WHERE_NAME, 1,
                       WHERE_TEXT + WHERE_PLACES * WHERE_ROLE);
    w->text = text;
    if (ok) {
        struct place *p = &w->items[w->n++];
        *p = (struct place){ .at = at, .text = (uint32_t)w->num_text, .tag = tag };
        p->num_role = put_text(w, bytes_sub(role, 0, WHERE_ROLE));
        p->num_name = w->num_names < WHERE_TEXT - WHERE_NAME ? put_text(w, name) : (uint16_t)0;
        w->num_names += p->num_name;
        w->sorted = false;
    }
    return ok;
}

void where_add(struct where *w, struct range at, struct bytes role, struct bytes name, unsigned tag)
{
    bool tensor = bytes_eq(role, BYTES("tensor"));
    if (at.len > 0 && !(full(w, tensor) ? merge(w, at, tensor) : append(w, at, role, name, tag))) {
        w->lost = true;
    }
}

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->at.off != y->at.off) {
        return x->at.off < y->at.off ? -1 : 1;
    }
    return x->at.len > y->at.len ? -1 : x->at.len < y->at.len;
}

void where_sort(struct where *w)
{
    if (!w->sorted && w->n > 1) {
        qsort(w->items, w->n, sizeof *w->items, by_place);
    }
    w->sorted = true;
}

const struct place *where_find(struct where *w, uint64_t at)
{
    size_t low = 0, high = w->n;
    where_sort(w);
    while (low < high) { /* low: the first that starts behind `at` */
        size_t mid = low + (high - low) / 2;
        if (w->items[mid].at.off <= at) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    for (size_t i = low; i-- > 0 && low - i <= STEPS_BACK;) {
        if (at - w->items[i].at.off < w->items[i].at.len) {
            return &w->items[i];
        }
    }
    return NULL;
}

struct bytes place_role(const struct where *w, const struct place *p)
{
    return (struct bytes){ w->text + p->text, p->num_role };
}

struct bytes place_name(const struct where *w, const struct place *p)
{
    return (struct bytes){ w->text + p->text + p->num_role, p->num_name };
}

void where_clear(struct where *w)
{
    free(w->items);
    free(w->text);
    *w = (struct where){ 0 };
}
