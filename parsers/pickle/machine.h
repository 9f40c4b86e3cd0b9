/* machine.h - the abstract pickle machine: all 68 opcodes, nothing executed.
 *
 * A value is 8 bytes: a kind and a payload.  Strings and numbers are the file
 * offset of the opcode that pushed them, re-read when a name or a preview is
 * needed; so memory follows the stack and the memo, not the file. */
#ifndef MA_PICKLE_MACHINE_H
#define MA_PICKLE_MACHINE_H
#include "../base/parser.h"
#include "../base/stream.h"

enum kind { K_NONE, K_BOOL, K_NUMBER, K_TEXT, K_BYTES,             /* payload: offset of the opcode */
            K_LIST, K_DICT, K_SET, K_FROZENSET, K_BYTEARRAY,       /* payload: 0 */
            K_TUPLE,                                               /* payload: tuple number */
            K_GLOBAL,                                              /* payload: index of the global */
            K_INSTANCE,                                            /* payload: the global that made it */
            K_MODULE,                                              /* payload: a global without a name */
            K_FOLD,                                                /* payload: index of a fold */
            K_PERSID, K_EXT, K_UNKNOWN };
struct val { uint64_t bits; };
static inline struct val val_of(enum kind k, uint64_t payload) { return (struct val){ (uint64_t)k << 56 | payload }; }
static inline enum kind val_kind(struct val v) { return (enum kind)(v.bits >> 56); }
static inline uint64_t val_payload(struct val v) { return v.bits & 0xFFFFFFFFFFFFFFu; }

/* --- tuples (tuple.c) ------------------------------------------------------
 * Tuples that hold something callable are kept; plain ones live in a ring, and
 * one that has left it reads as unknown (which callers treat as hostile). */
#define RING_TUPLES 4096u
#define TUPLE_ITEMS 8u
struct tuple { uint64_t number, n; struct val items[TUPLE_ITEMS]; };
struct tuples {
    struct tuple *ring;   size_t ring_room;
    struct tuple *kept;   size_t num_kept, kept_room;
    uint64_t next;
};
/* --- globals ---------------------------------------------------------------- */
struct global { uint64_t text; uint32_t num_module, num_name; };   /* text: offset into names.text */
struct globals {
    struct global *items; size_t n, room;
    uint8_t *text;        size_t num_text, text_room;
    uint32_t *slots;      size_t num_slots;                        /* open addressing; index + 1 */
};
/* --- memo: dense while it is dense, a hash table beyond --------------------- */
struct memo_slot { uint64_t key; struct val v; };                  /* key + 1; 0: empty */
struct memo {
    struct val *dense;        size_t room;                         /* bits 0 with kind K_NONE: see `set` */
    struct memo_slot *sparse; size_t sparse_room, num_sparse;
    uint64_t count;
};
/* --- folds: callables made of callables ------------------------------------- */
enum fold_kind { FOLD_PARTIAL, FOLD_ATTRGETTER, FOLD_METHODCALLER, FOLD_BASE64, FOLD_HEX, FOLD_ENCODE };
struct fold { enum fold_kind kind; struct val of; };

struct machine {
    struct object *o;
    struct stream *in;
    struct val *stack;     size_t depth, stack_room;
    uint64_t *marks;       size_t num_marks, marks_room;           /* stack depth at each MARK */
    struct memo memo;
    struct tuples tuples;
    struct globals globals;
    struct fold *folds;    size_t num_folds, folds_room;
    struct val opcode_value;
    uint64_t at;                                                   /* offset of the opcode at hand */
    const char *via;                                               /* its name */
    unsigned protocol;
    uint64_t frame_end;
    bool framed, executed;
    bool doubtful;                                                 /* perhaps no pickle at all: lengths that lie prove nothing */
};
enum step { STEP_ON, STEP_STOP, STEP_BAD, STEP_CUT, STEP_HALT };   /* CUT: truncated; HALT: sink or budget */

bool machine_init(struct machine *m, struct object *o, struct stream *in);
void machine_done(struct machine *m);
void machine_reset(struct machine *m);                             /* between two pickles of a file */
/* One opcode.  *why: what is wrong, on STEP_BAD and STEP_CUT. */
enum step machine_step(struct machine *m, const char **why);

/* tuple.c */
MUST_CHECK bool tuple_new(struct machine *m, const struct val *items, uint64_t n, struct val *out);
const struct tuple *tuple_get(const struct machine *m, struct val v);      /* NULL: not one, or gone */
bool val_callable(const struct machine *m, struct val v);

/* memo.c */
MUST_CHECK bool memo_put(struct machine *m, uint64_t key, struct val v);
bool memo_get(const struct machine *m, uint64_t key, struct val *out);
void memo_clear(struct machine *m);

/* names.c */
MUST_CHECK bool global_intern(struct machine *m, struct bytes module, struct bytes name, uint64_t *out);
struct bytes global_module(const struct machine *m, uint64_t g);
struct bytes global_name(const struct machine *m, uint64_t g);
void map_python2(struct bytes *module, struct bytes *name);
bool dotted_identifier(struct bytes b);

/* text.c: the value of a string opcode, decoded; heap through the budget. */
struct text { uint8_t *p; size_t n, room; };
MUST_CHECK bool text_read(struct machine *m, struct val v, uint64_t max, struct text *out);
/* The raw range of a bytes or string constant: no decoding needed for it. */
bool text_range(struct machine *m, struct val v, struct range *out);
void text_done(struct machine *m, struct text *t);
/* Python-like preview of args into a bounded buffer; returns its length. */
size_t preview(struct machine *m, struct val v, char *out, size_t room);

/* call.c: all return false when the sink said stop. */
MUST_CHECK bool push_global(struct machine *m, struct bytes module, struct bytes name, struct val *out);
MUST_CHECK bool call(struct machine *m, struct val callee, struct val args, const char *op, struct val *out);
MUST_CHECK bool call_method(struct machine *m, struct val on, const char *method, const char *op);
MUST_CHECK bool call_persid(struct machine *m, struct val id, struct val *out);
MUST_CHECK bool call_build(struct machine *m, struct val on, struct val state, struct val *out);
#endif
