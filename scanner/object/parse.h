/* parse.h - one object: who claims it, what its parsers say, how they ended. */
#ifndef MA_OBJECT_PARSE_H
#define MA_OBJECT_PARSE_H
#include "collect.h"
#include "object.h"

#define BID_CLAIMS 50 /* a bid from here on vouches for the whole object */

/* Reads j->src with every parser that bids, the pickle machine always among
 * them.  *claimed: a parser vouched for it.  False: out of memory. */
bool parse_object(struct collector *c, struct scan_object *j, bool *claimed);
#endif
