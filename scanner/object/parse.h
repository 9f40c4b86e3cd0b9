/* parse.h - reads one object with the parsers that bid for it. */
#ifndef MA_OBJECT_PARSE_H
#define MA_OBJECT_PARSE_H
#include "collect.h"
#include "object.h"

#define BID_CLAIMS 50 /* a bid from here on vouches for the whole object */
#define BID_CLAIMS_OPAQUE                                                                          \
    85 /* the same for a tensor's storage, which may look like much by chance */

/* parse_object reads obj->src with every parser that bids, and always with the pickle machine.
 * obj is the collector's current object (collect_switch). *claimed: a parser vouched for it.
 * Returns false when out of memory. */
bool parse_object(struct collector *c, struct scan_object *obj, bool *claimed);
#endif
