/* vm.h - the abstract pickle machine: all 68 opcodes, nothing executed.
 *
 * A value is 8 bytes: a kind and a payload.  Strings and numbers are the file
 * offset of the opcode that pushed them, re-read when a name or a preview is
 * needed; so memory follows the stack and the memo, not the file. */
#ifndef MA_PICKLE_VM_H
#define MA_PICKLE_VM_H
#include "../base/hash_index.h"
#include "../base/keyed_hash.h"
#include "../base/parser.h"
#include "../base/stream.h"

/* CUT: truncated; HALT: sink or budget */
enum step { STEP_CONTINUE, STEP_STOP, STEP_MALFORMED, STEP_TRUNCATED, STEP_ABORT };

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
    K_DTYPE, /* numpy.dtype(text): payload: index of the type, see dtypes.h */
    K_TUPLE, /* payload: tuple number */
    K_GLOBAL, /* payload: index of the global */
    K_INSTANCE, /* payload: the global that made it; above bit 32, see tensor_views.c */
    K_MODULE, /* payload: a global without a name */
    K_WRAPPED, /* payload: index of a fold */
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
#define KEY_BYTES 32u /* of the longest such key */
#define TEXT_KEY (1ull << 54)
#define NUMBER_FLOAT (1ull << 54) /* of a K_NUMBER that is a float */
static inline uint64_t val_at(struct val v) { return val_payload(v) & ~TEXT_KEY; }

/* --- tuples (tuple.c) ------------------------------------------------------
 * Tuples that hold something callable are kept; plain ones live in a ring, and
 * one that has left it reads as unknown (which callers treat as hostile). */
struct tuple {
    uint64_t number, n;
    struct val items[BOUND_pickle_tuple_items];
};
struct tuples {
    struct tuple *ring;
    size_t ring_cap;
    struct tuple *kept;
    size_t num_kept, kept_cap;
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
    size_t n, cap;
    uint8_t *text;
    size_t num_text, text_cap;
    struct hash_index index; /* by module and name */
};
/* --- memo: dense while it is dense, a hash table beyond --------------------- */
/* key + 1; 0: empty */
struct memo_slot {
    uint64_t key;
    struct val v;
};
struct memo {
    struct val *dense;
    size_t cap; /* bits 0 with kind K_NONE: see `set` */
    struct memo_slot *sparse;
    size_t sparse_cap, num_sparse;
    uint64_t count;
};
/* --- folds: callables made of callables ------------------------------------- */
enum wrapped_kind {
    WRAP_PARTIAL,
    WRAP_ATTRGETTER,
    WRAP_METHODCALLER,
    WRAP_BASE64,
    WRAP_HEX,
    WRAP_ENCODE
};
struct wrapped_callable {
    enum wrapped_kind kind;
    struct val of;
};

/* --- arrays between the opcodes (joblib.c) ------------------------------------ */
enum array_wrapper { ARRAY_NONE, ARRAY_INLINE, ARRAY_FILE };
enum wrapper_key {
    WRAPPER_SUBCLASS,
    WRAPPER_ORDER,
    WRAPPER_ALLOW_MMAP,
    WRAPPER_SHAPE,
    WRAPPER_DTYPE,
    WRAPPER_FILENAME,
    WRAPPER_ALIGNMENT,
    WRAPPER_METHOD,
    NUM_WRAPPER_KEYS
};
struct wrapper {
    uint64_t dict; /* number of the dictionary that got a key last */
    uint64_t num_items; /* keys that it got since another dictionary got one */
    unsigned seen; /* bits of enum wrapper_key */
    unsigned num_seen; /* wrapper keys, also those that came again */
    struct val is[NUM_WRAPPER_KEYS];
};

/* --- NumPy types (dtypes.c) ------------------------------------------------- */
/* PLAIN: no item holds a reference to an object; UNCLEAR: that cannot be shown. */
enum dtype_kind { DTYPE_PLAIN, DTYPE_OBJECT, DTYPE_UNCLEAR };
struct dtype_row {
    uint64_t text_at; /* offset of its text */
    uint64_t item_bytes;
    enum dtype_kind kind;
    uint8_t letter; /* of its text: 'f', 'O', 'V' ...; 0: the text is no type */
    bool built; /* it was given a state */
    bool unsized; /* numpy.record: its size is in its state */
};

/* --- single dictionaries (dict_notes.c) -------------------------------------- */
/* Values of a dictionary that are fields of a type: any, of objects, and other values. */
enum { FIELDS_SEEN = 1, FIELDS_OBJECT = 2, FIELDS_OTHER = 4 };
struct dict_note {
    uint64_t dict; /* its number; 0: an empty slot */
    uint64_t keys; /* bits of watched_key() */
    uint32_t owner; /* global of the object whose state it is, + 1; 0: none */
    uint8_t fields; /* FIELDS_* */
};
struct dict_notes {
    struct dict_note *slots;
    size_t n, cap;
};

/* --- states that hold text to be run (evaluated_state.c) --------------------------------- */
/* computed_keys: one bit for each dictionary, see state_key_is_known */
struct formula {
    bool known, wanted;
    struct val dict, text;
    uint8_t *computed_keys;
    size_t computed_keys_cap;
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
    size_t num_storages, storages_cap;
    struct hash_index index; /* of storages, by the text of the key */
    struct val *keys;
    size_t num_keys, keys_cap;
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
    size_t n, cap;
    struct holder *holders;
    size_t num_holders, holders_cap;
    bool sorted;
};

/* torch_tar.c: how many; nothing more is read */
struct torchtar {
    uint64_t count;
    bool over;
};

/* A constant that does not follow its opcode (operand.c). */
struct relocated_operand {
    uint64_t at;
    struct range body;
};

struct vm {
    struct object *o;
    struct stream *in;
    struct val *stack;
    size_t depth, stack_cap;
    uint64_t *marks;
    size_t num_marks, marks_cap; /* stack depth at each MARK */
    struct memo memo;
    struct tuples tuples;
    struct globals globals;
    struct wrapped_callable *wrapped;
    size_t num_wrapped, wrapped_cap;
    struct val result; /* what STOP returned */
    struct legacy legacy;
    uint64_t at; /* offset of the opcode at hand */
    uint8_t op; /* the opcode at hand, enum opcode; 0: none yet */
    unsigned protocol;
    uint64_t frame_end;
    const char *loader_fails; /* why every unpickler ends at the opcode at hand; or NULL */
    bool framed, executed;
    bool strict_frames; /* operands do not cross frames: see operand.c */
    bool frame_overrun; /* one did, or would have */
    struct relocated_operand relocated_operand[BOUND_pickle_relocated];
    size_t num_relocated;
    bool no_joblib, retried_no_joblib; /* pickle.load: no joblib */
    uint64_t num_dicts;
    struct wrapper wrapper;
    struct formula formula;
    struct views views;
    struct torchtar torchtar;
    struct dtype_row *dtypes;
    size_t num_dtypes, dtypes_cap;
    struct dict_notes dict_notes;
    bool speculative; /* perhaps no pickle at all: lengths that lie prove nothing */
};

/* The name of the opcode at hand; "" before the first. */
const char *vm_via(const struct vm *m);
bool vm_init(struct vm *m, struct object *o, struct stream *in);
void vm_done(struct vm *m);
void vm_reset(struct vm *m); /* between two pickles of a file */
/* One opcode.  *why: what is wrong, on STEP_MALFORMED and STEP_TRUNCATED. */
enum step vm_step(struct vm *m, const char **why);
/* Opcodes, until one is not STEP_CONTINUE. */
enum step vm_run(struct vm *m, const char **why);

/* Shared by the files of this module. */
static inline enum step push(struct vm *m, struct val v)
{
    struct budget *b = m->o->budget;
    if (!budget_fits(b, LIMIT_pickle_stack, m->depth + 1)
        || !budget_grow(b, &m->stack, &m->stack_cap, m->depth + 1, sizeof *m->stack)) {
        return STEP_ABORT;
    }
    m->stack[m->depth++] = v;
    return STEP_CONTINUE;
}

/* operand.c: each reads what follows the opcode; the constants are pushed. */
/* why did a read fail: the file, or we? */
enum step halt_or(struct vm *m, enum step otherwise);
enum step truncated(struct vm *m, const char **why);
MUST_CHECK bool operand_le(struct vm *m, size_t width, uint64_t *out);
enum step operand_counted(struct vm *m, size_t width, enum kind k, const char **why);
enum step operand_fixed(struct vm *m, size_t width, enum kind k, const char **why);
enum step operand_line(struct vm *m, enum kind k, const char **why);
struct text;
/* a short line, as text */
enum step operand_name(struct vm *m, struct text *t, const char **why);
enum step operand_index(struct vm *m, uint64_t *out, const char **why);
enum step operand_frame(struct vm *m, const char **why);

/* tuple.c */
MUST_CHECK bool tuple_new(struct vm *m, const struct val *items, uint64_t n, struct val *out);
/* values_size() sets *log2 to the size, rounded down to a power of two, of a container of these
 * values when all it holds is walked, and reports the first that is beyond every honest one.
 * Returns false when the sink stops. */
MUST_CHECK bool values_size(struct vm *m, const struct val *items, uint64_t n, unsigned *log2);
const struct tuple *tuple_get(const struct vm *m,
                              struct val v); /* NULL: not a tuple, or one that is no longer kept */
bool val_callable(const struct vm *m, struct val v);

/* memo.c */
MUST_CHECK bool memo_put(struct vm *m, uint64_t key, struct val v);
bool memo_get(const struct vm *m, uint64_t key, struct val *out);
void memo_clear(struct vm *m);

/* globals.c */
MUST_CHECK bool global_intern(struct vm *m, struct bytes module, struct bytes name, uint64_t *out);
struct bytes global_module(const struct vm *m, uint64_t g);
struct bytes global_name(const struct vm *m, uint64_t g);
void map_python2(struct bytes *module, struct bytes *name);
bool dotted_identifier(struct bytes b);

/* strings.c: the value of a string opcode, decoded; heap through the budget. */
struct text {
    uint8_t *p;
    size_t n, cap;
};
/* text_read() decodes the constant v as CPython does. Returns false, with *out empty, when v is
 * no text or bytes constant, when it has more than max bytes once decoded, or when a read or the
 * budget failed: a text is never compared by its first bytes. */
MUST_CHECK bool text_read(struct vm *m, struct val v, uint64_t max, struct text *out);
/* The same for display: cut to what its first max bytes in the file decode to. */
MUST_CHECK bool text_prefix(struct vm *m, struct val v, uint64_t max, struct text *out);
/* The raw range of a bytes or string constant: no decoding needed for it. */
bool text_range(struct vm *m, struct val v, struct range *out);
void text_done(struct vm *m, struct text *t);
/* Python-like preview of args into a bounded buffer; returns its length. */
size_t preview(struct vm *m, struct val v, char *out, size_t cap);

/* An unsigned number constant: BININT*, LONG1, INT, LONG. */
/* As number_read, for negative ones too: the low bits of the two's complement. */
MUST_CHECK bool number_bits(struct vm *m, struct val v, uint64_t *out, bool *negative);
MUST_CHECK bool number_read(struct vm *m, struct val v, uint64_t *out);

/* joblib.c */
bool joblib_key(struct bytes b);

/* attribute_path.c */
MUST_CHECK bool path_kept(struct vm *m, struct val args);

/* evaluated_state.c */
bool formula_key(struct bytes b);
MUST_CHECK bool formula_note(struct vm *m, struct val dict, struct val key, struct val value);
/* Not an instance, which may be text that is not in sight: a subclass of str, a NumPy scalar. */
bool key_is_constant(struct val key);
/* a dict, and no key of it was computed */
bool state_key_is_known(const struct vm *m, struct val dict);
/* The field call.state of a BUILD. */
const char *formula_state(const struct vm *m, struct val state);
bool state_is_known(const struct vm *m, struct val on, struct val state);

/* joblib_count() notes that a K_DICT gets n keys; joblib_note() that the dictionary of the last
 * joblib_count() gets a marked key.  joblib_note() returns false when a limit stops it. */
void joblib_count(struct vm *m, struct val dict, uint64_t n);
MUST_CHECK bool joblib_note(struct vm *m, struct val key, struct val value);
enum array_wrapper joblib_wrapper(struct bytes module, struct bytes name);
/* After BUILD: an array follows, when the object on top is joblib's wrapper. */
enum step joblib_built(struct vm *m, struct val state, const char **why);

/* A tuple of numbers: their product. */
MUST_CHECK bool shape_items(struct vm *m, struct val shape, uint64_t *out);

/* tensor_views.c: false when memory is out, or the sink said stop. */
struct name_buf {
    uint8_t p[BOUND_tensor_name_bytes];
    size_t n;
};
struct val view_persid(struct vm *m, struct val id); /* K_PERSID */
/* storage_declared() emits how many bytes a persistent id says that its storage has. Returns false
 * if the sink or the budget ended the parse. */
MUST_CHECK bool storage_declared(struct vm *m, struct val id);
/* after a call */
MUST_CHECK bool view_made(struct vm *m, struct val callee, struct val args, struct val *out);
void view_copy(struct val from, struct val *to); /* `to` is the same tensor */
/* on[key] = value */
MUST_CHECK bool view_named(struct vm *m, struct val on, struct val key, struct val value);
void view_restored(struct val state, struct val *on); /* after BUILD */
void view_name(struct vm *m, size_t i, struct name_buf *out); /* may be empty */
MUST_CHECK bool views_emit(struct vm *m);
void views_clear(struct vm *m);
void views_done(struct vm *m);

/* torch_legacy.c */
void legacy_viewed(struct vm *m, uint64_t key_at, size_t view); /* a storage has that view */
/* of a storage type; 0: not known */
unsigned legacy_item_bytes(struct vm *m, struct val type);
MUST_CHECK bool legacy_persid(struct vm *m, struct val id, struct val *out);
MUST_CHECK bool legacy_key(struct vm *m, struct val list, struct val item);
enum step legacy_after(struct vm *m, uint64_t num, const char **why);
void legacy_done(struct vm *m);

/* torch_tar.c */
bool torchtar_driven(const struct vm *m);
enum step torchtar_after(struct vm *m, uint64_t num, const char **why);

/* emit_calls.c, known_callables.c and call.c: all return false when the sink said stop. */
MUST_CHECK bool push_global(struct vm *m, struct bytes module, struct bytes name, struct val *out);
/* Helpers that are items, values or states, not callees. */
MUST_CHECK bool report_callable_value(struct vm *m, const struct val *items, uint64_t n);
MUST_CHECK bool call(struct vm *m, struct val callee, struct val args, const char *op,
                     struct val *out);
MUST_CHECK bool call_method(struct vm *m, struct val on, const char *method, const char *op);
MUST_CHECK bool call_persid(struct vm *m, struct val id, struct val *out);
MUST_CHECK bool call_build(struct vm *m, struct val on, struct val state);
#endif
