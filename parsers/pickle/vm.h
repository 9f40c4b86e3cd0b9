/* vm.h - the abstract pickle machine: all 68 opcodes, nothing executed.
 *
 * A value is 8 bytes: a kind and a payload.  Strings and numbers are the file
 * offset of the opcode that pushed them, re-read when a name or a preview is
 * needed; so memory follows the stack and the memo, not the file. */
#ifndef MA_PICKLE_VM_H
#define MA_PICKLE_VM_H
#include "../base/parser.h"
#include "../base/stream.h"

/* CUT: truncated; HALT: sink or budget */
enum step { STEP_ON, STEP_STOP, STEP_BAD, STEP_CUT, STEP_HALT };

enum kind {
    K_NONE,
    K_BOOL,
    K_NUMBER,
    K_TEXT,
    K_BYTES, /* payload: offset of the opcode */
    K_LIST,
    K_SET,
    K_FROZENSET,
    K_BYTEARRAY, /* payload: 0 */
    K_DICT, /* payload: number of the dict */
    K_DTYPE, /* numpy.dtype(text): payload as the text's */
    K_TUPLE, /* payload: tuple number */
    K_GLOBAL, /* payload: index of the global */
    K_INSTANCE, /* payload: the global that made it; above bit 32, see tensor_views.c */
    K_MODULE, /* payload: a global without a name */
    K_FOLD, /* payload: index of a fold */
    K_PERSID,
    K_EXT,
    K_UNKNOWN
};
struct val {
    uint64_t bits;
};
static inline struct val val_of(enum kind k, uint64_t payload)
{
    return (struct val){ (uint64_t)k << 56 | payload };
}
static inline enum kind val_kind(struct val v) { return (enum kind)(v.bits >> 56); }
static inline uint64_t val_payload(struct val v) { return v.bits & 0xFFFFFFFFFFFFFFu; }

/* Texts that may be a key that matters are marked when they are pushed, so that the others need
 * no second look. */
#define TEXT_KEY (1ull << 54)
static inline uint64_t val_at(struct val v) { return val_payload(v) & ~TEXT_KEY; }

/* --- tuples (tuple.c) ------------------------------------------------------
 * Tuples that hold something callable are kept; plain ones live in a ring, and
 * one that has left it reads as unknown (which callers treat as hostile). */
#define RING_TUPLES 4096u
#define TUPLE_ITEMS 8u
struct tuple {
    uint64_t number, n;
    struct val items[TUPLE_ITEMS];
};
struct tuples {
    struct tuple *ring;
    size_t ring_room;
    struct tuple *kept;
    size_t num_kept, kept_room;
    uint64_t next;
};
/* --- globals ---------------------------------------------------------------- */
/* text: offset into names.text */
struct global {
    uint64_t text;
    uint32_t num_module, num_name;
};
struct globals {
    struct global *items;
    size_t n, room;
    uint8_t *text;
    size_t num_text, text_room;
    uint32_t *slots;
    size_t num_slots; /* open addressing; index + 1 */
};
/* --- memo: dense while it is dense, a hash table beyond --------------------- */
/* key + 1; 0: empty */
struct memo_slot {
    uint64_t key;
    struct val v;
};
struct memo {
    struct val *dense;
    size_t room; /* bits 0 with kind K_NONE: see `set` */
    struct memo_slot *sparse;
    size_t sparse_room, num_sparse;
    uint64_t count;
};
/* --- folds: callables made of callables ------------------------------------- */
enum fold_kind {
    FOLD_PARTIAL,
    FOLD_ATTRGETTER,
    FOLD_METHODCALLER,
    FOLD_BASE64,
    FOLD_HEX,
    FOLD_ENCODE
};
struct fold {
    enum fold_kind kind;
    struct val of;
};

/* --- arrays between the opcodes (joblib.c) ------------------------------------ */
enum array_wrapper { ARRAY_NONE, ARRAY_INLINE, ARRAY_FILE };
enum wrapper_key {
    WRAPPER_SHAPE,
    WRAPPER_DTYPE,
    WRAPPER_FILENAME,
    WRAPPER_ALIGNMENT,
    WRAPPER_METHOD,
    NUM_WRAPPER_KEYS
};
struct wrapper {
    uint64_t dict;
    unsigned seen;
    struct val is[NUM_WRAPPER_KEYS];
};
#define MAX_DTYPE_NOTES 256
/* at: offset of the dtype's text */
struct dtype_note {
    uint64_t at, item_bytes;
    bool object, sized, unclear;
};

/* --- states that hold text to be run (evaluated_state.c) --------------------------------- */
/* untold: bits, see formula_told */
struct formula {
    bool known, wanted;
    struct val dict, text;
    uint8_t *untold;
    size_t untold_room;
};

/* --- torch's format before 1.6 (torch_legacy.c) --------------------------------------- */
/* key_at: offset of the key's text; view: number of its first + 1 */
struct storage {
    uint64_t hash, key_at;
    unsigned item_bytes;
    uint32_t view;
};
struct legacy {
    bool active, whole;
    uint64_t pickle; /* number of the one at hand */
    struct storage *storages;
    size_t num_storages, storages_room;
    uint32_t *slots;
    size_t slots_room; /* open addressing; index + 1 */
    struct val *keys;
    size_t num_keys, keys_room;
};

/* --- tensors that the pickle makes of storages (tensor_views.c) ------------------------- */
/* offset of the storage's key; dictionary; range: bytes in the storage */
struct view {
    uint64_t storage, holder;
    struct val key;
    struct range at;
};
/* of dictionaries */
struct holder {
    uint64_t number, parent;
    struct val key;
};
struct views {
    struct view *items;
    size_t n, room;
    struct holder *holders;
    size_t num_holders, holders_room;
    bool sorted;
};

/* torch_tar.c: how many; nothing more is read */
struct torchtar {
    uint64_t count;
    bool over;
};

/* A constant that does not follow its opcode (operand.c). */
#define MAX_DISPLACED 64
struct displaced {
    uint64_t at;
    struct range body;
};

struct machine {
    struct object *o;
    struct stream *in;
    struct val *stack;
    size_t depth, stack_room;
    uint64_t *marks;
    size_t num_marks, marks_room; /* stack depth at each MARK */
    struct memo memo;
    struct tuples tuples;
    struct globals globals;
    struct fold *folds;
    size_t num_folds, folds_room;
    struct val result; /* what STOP returned */
    struct legacy legacy;
    uint64_t at; /* offset of the opcode at hand */
    const char *via; /* its name */
    unsigned protocol;
    uint64_t frame_end;
    bool framed, executed;
    bool split; /* operands do not cross frames: see operand.c */
    bool crossed; /* one did, or would have */
    struct displaced displaced[MAX_DISPLACED];
    size_t num_displaced;
    bool plain, offered_plain; /* pickle.load: no joblib */
    uint64_t num_dicts;
    struct wrapper wrapper;
    struct formula formula;
    struct views views;
    struct torchtar torchtar;
    struct dtype_note dtypes[MAX_DTYPE_NOTES];
    size_t num_dtypes;
    bool dtypes_lost; /* more than that */
    bool doubtful; /* perhaps no pickle at all: lengths that lie prove nothing */
};

bool machine_init(struct machine *m, struct object *o, struct stream *in);
void machine_done(struct machine *m);
void machine_reset(struct machine *m); /* between two pickles of a file */
/* One opcode.  *why: what is wrong, on STEP_BAD and STEP_CUT. */
enum step machine_step(struct machine *m, const char **why);
/* Opcodes, until one is not STEP_ON. */
enum step machine_run(struct machine *m, const char **why);

/* For the files of this room. */
static inline enum step push(struct machine *m, struct val v)
{
    struct budget *b = m->o->budget;
    if (!budget_fits(b, LIMIT_pickle_stack, m->depth + 1)
        || !budget_grow(b, &m->stack, &m->stack_room, m->depth + 1, sizeof *m->stack)) {
        return STEP_HALT;
    }
    m->stack[m->depth++] = v;
    return STEP_ON;
}

/* operand.c: each reads what follows the opcode; the constants are pushed. */
/* why did a read fail: the file, or we? */
enum step halt_or(struct machine *m, enum step otherwise);
enum step cut(struct machine *m, const char **why);
MUST_CHECK bool operand_le(struct machine *m, size_t width, uint64_t *out);
enum step operand_counted(struct machine *m, size_t width, enum kind k, const char **why);
enum step operand_fixed(struct machine *m, size_t width, enum kind k, const char **why);
enum step operand_line(struct machine *m, enum kind k, const char **why);
struct text;
/* a short line, as text */
enum step operand_name(struct machine *m, struct text *t, const char **why);
enum step operand_index(struct machine *m, uint64_t *out, const char **why);
enum step operand_frame(struct machine *m, const char **why);

/* tuple.c */
MUST_CHECK bool tuple_new(struct machine *m, const struct val *items, uint64_t n, struct val *out);
const struct tuple *tuple_get(const struct machine *m, struct val v); /* NULL: not one, or gone */
bool val_callable(const struct machine *m, struct val v);

/* memo.c */
MUST_CHECK bool memo_put(struct machine *m, uint64_t key, struct val v);
bool memo_get(const struct machine *m, uint64_t key, struct val *out);
void memo_clear(struct machine *m);

/* globals.c */
MUST_CHECK bool global_intern(struct machine *m, struct bytes module, struct bytes name,
                              uint64_t *out);
struct bytes global_module(const struct machine *m, uint64_t g);
struct bytes global_name(const struct machine *m, uint64_t g);
void map_python2(struct bytes *module, struct bytes *name);
bool dotted_identifier(struct bytes b);

/* strings.c: the value of a string opcode, decoded; heap through the budget. */
struct text {
    uint8_t *p;
    size_t n, room;
};
MUST_CHECK bool text_read(struct machine *m, struct val v, uint64_t max, struct text *out);
/* The raw range of a bytes or string constant: no decoding needed for it. */
bool text_range(struct machine *m, struct val v, struct range *out);
void text_done(struct machine *m, struct text *t);
/* Python-like preview of args into a bounded buffer; returns its length. */
size_t preview(struct machine *m, struct val v, char *out, size_t room);

/* An unsigned number constant: BININT*, LONG1, INT, LONG. */
/* As number_read, for negative ones too: the low bits of the two's complement. */
MUST_CHECK bool number_bits(struct machine *m, struct val v, uint64_t *out, bool *negative);
MUST_CHECK bool number_read(struct machine *m, struct val v, uint64_t *out);

/* joblib.c */
bool joblib_key(struct bytes b);

/* attribute_path.c */
MUST_CHECK bool path_kept(struct machine *m, struct val args);

/* evaluated_state.c */
bool formula_key(struct bytes b);
MUST_CHECK bool formula_note(struct machine *m, struct val dict, struct val key, struct val value);
/* a dict, and no key of it was computed */
bool formula_told(const struct machine *m, struct val dict);
const char *formula_state(const struct machine *m, struct val state); /* told, untold: BUILD's */
bool state_told(const struct machine *m, struct val on, struct val state);

MUST_CHECK bool joblib_note(struct machine *m, struct val dict, struct val key, struct val value);
MUST_CHECK bool dtype_build(struct machine *m, struct val dtype, struct val state);
enum array_wrapper joblib_wrapper(struct bytes module, struct bytes name);
/* After BUILD: an array follows, when the object on top is joblib's wrapper. */
enum step joblib_built(struct machine *m, struct val state, const char **why);

/* A tuple of numbers: their product. */
MUST_CHECK bool shape_items(struct machine *m, struct val shape, uint64_t *out);

/* tensor_views.c: false when memory is out, or the sink said stop. */
#define NAME_BYTES 512u
struct name_buf {
    uint8_t p[NAME_BYTES];
    size_t n;
};
struct val view_persid(struct machine *m, struct val id); /* K_PERSID */
/* after a call */
MUST_CHECK bool view_made(struct machine *m, struct val callee, struct val args, struct val *out);
void view_carry(struct val from, struct val *to); /* `to` is the same tensor */
/* on[key] = value */
MUST_CHECK bool view_named(struct machine *m, struct val on, struct val key, struct val value);
void view_restored(struct val state, struct val *on); /* after BUILD */
void view_name(struct machine *m, size_t i, struct name_buf *out); /* may be empty */
MUST_CHECK bool views_emit(struct machine *m);
void views_clear(struct machine *m);
void views_done(struct machine *m);

/* torch_legacy.c */
void legacy_viewed(struct machine *m, uint64_t key_at, size_t view); /* a storage has that view */
/* of a storage type; 0: not known */
unsigned legacy_item_bytes(struct machine *m, struct val type);
MUST_CHECK bool legacy_persid(struct machine *m, struct val id, struct val *out);
MUST_CHECK bool legacy_key(struct machine *m, struct val list, struct val item);
enum step legacy_after(struct machine *m, uint64_t num, const char **why);
void legacy_done(struct machine *m);

/* torch_tar.c */
bool torchtar_driven(const struct machine *m);
enum step torchtar_after(struct machine *m, uint64_t num, const char **why);

/* emit_calls.c, known_callables.c and call.c: all return false when the sink said stop. */
MUST_CHECK bool push_global(struct machine *m, struct bytes module, struct bytes name,
                            struct val *out);
/* Helpers that are items, values or states, not callees. */
MUST_CHECK bool report_handed(struct machine *m, const struct val *items, uint64_t n);
MUST_CHECK bool call(struct machine *m, struct val callee, struct val args, const char *op,
                     struct val *out);
MUST_CHECK bool call_method(struct machine *m, struct val on, const char *method, const char *op);
MUST_CHECK bool call_persid(struct machine *m, struct val id, struct val *out);
MUST_CHECK bool call_build(struct machine *m, struct val on, struct val state);
#endif
