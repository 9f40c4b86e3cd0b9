/* signature.h - what the writers of a callable give it, and whether an operation is like that.
 *
 *   SIGNATURE  = CLAUSE { " ; " CLAUSE }        CLAUSE = OP " " PATTERN      OP = call new build
 *   PATTERN    = ONE { "|" ONE }                ONE    = WORD | "(" [ ITEM { "," ITEM } ] ")"
 *   ITEM       = PATTERN [ "..." ]              "...": any number of such items, also none
 *
 * The words, and the types that they accept, are in docs/PICKLE.md. */
#ifndef MA_RULES_SIGNATURE_H
#define MA_RULES_SIGNATURE_H
#include "../parsers/base/cursor.h"

/* signature_check() says whether text is a signature.  Returns NULL, or what is wrong (static). */
const char *signature_check(struct bytes text);

/* signature_accepts() says whether an operation ("call", "new", "build") with these types (the fact
 * field call.types) is one that the signature has.  signature with p NULL: the default one. */
bool signature_accepts(struct bytes signature, struct bytes op, struct bytes types);
#endif
