/* operand.c - what follows an opcode: numbers, counted bytes, lines; and where frames end.
 *
 * A frame (protocol 4) only says how many bytes to fetch at once, yet unpicklers differ
 * where an operand does not fit in one.  From memory the C unpickler reads straight on;
 * from a file it drops what the frame has left and reads the operand behind it (`split`);
 * the Python one refuses.  The parser runs such a pickle both ways. */
#include "vm.h"

#include "../codec/opcodes.h"

#include "dict_notes.h"
#include "nested_bytes.h"

#include <string.h>

enum step halt_or(struct vm *m, enum step otherwise)
{
    const struct budget *b = m->o->budget;
    return b->exceeded != NUM_LIMITS || b->out_of_memory || source_failed(m->in->src) ? STEP_ABORT
                                                                                      : otherwise;
}

enum step truncated(struct vm *m, const char **why)
{
    *why = "the file ends inside an opcode";
    return halt_or(m, STEP_TRUNCATED);
}

static bool cross(struct vm *m)
{
    m->frame_overrun = true;
    m->framed = !m->strict_frames;
    return !m->strict_frames || stream_seek(m->in, m->frame_end);
}

/* Before n bytes of an operand are read. */
static inline bool enter(struct vm *m, uint64_t n)
{
    return !m->framed || m->in->pos >= m->frame_end || n <= m->frame_end - m->in->pos || cross(m);
}

bool operand_le(struct vm *m, size_t width, uint64_t *out)
{
    struct bytes b;
    if (!enter(m, width) || !stream_take(m->in, width, &b)) {
        return false;
    }
    *out = 0;
    for (size_t i = width; i-- > 0;) {
        *out = *out << 8 | b.p[i];
    }
    return true;
}

static enum step length_past_end(struct vm *m, uint64_t declared, const char **why)
{
    struct fact f = { .kind = FACT_ANOMALY, .at = { m->at, 0 } };
    f.anomaly.slug = BYTES("length-past-end");
    f.anomaly.detail = BYTES("an opcode declares more bytes than the file has");
    f.anomaly.declared = num_of(declared);
    f.anomaly.actual = num_of(stream_left(m->in));
    *why = "a length reaches past the end";
    return (m->speculative && !m->executed) || emit(m->o->sink, &f) ? STEP_TRUNCATED : STEP_ABORT;
}

/* Constants are known by their opcode's offset; one whose body lies elsewhere is noted. */
static bool relocated_operand(struct vm *m, struct range body)
{
    if (m->num_relocated == BOUND_pickle_relocated) {
        return false;
    }
    m->relocated_operand[m->num_relocated++] = (struct relocated_operand){ m->at, body };
    return true;
}

/* The longest line that has such a key: each character as an escape of ten bytes. */
#define KEY_LINE_BYTES (KEY_BYTES * 10u + 2u)

/* Dunder names, and keys of states that joblib's reader goes by or that are run. */
static bool may_be_key(struct bytes b)
{
    if (b.n <= 2) {
        return false;
    }
    bool dunder = b.p[0] == '_' && b.p[1] == '_';
    return dunder || joblib_key(b) || formula_key(b) || watched_key(b) != 0;
}

/* Arithmetic with integers of this size costs time, and no model needs them: keys of RSA have
 * half of it. */
#define LONG_BYTES 1024u /* of a binary one */
#define LONG_DIGITS 2467u /* decimal digits of as much */

static bool note_long(struct vm *m, uint64_t n, uint64_t most)
{
    struct fact f = { .kind = FACT_ANOMALY, .at = { m->at, n } };
    f.anomaly.slug = BYTES("pickle-long-integer");
    f.anomaly.detail = BYTES("an integer of thousands of bits");
    f.anomaly.declared = num_of(n);
    f.anomaly.limit = num_of(most);
    return n <= most || (m->speculative && !m->executed) || emit(m->o->sink, &f);
}

/* A constant that the opcode at hand pushes; K_UNKNOWN where its body cannot be found again. */
static struct val constant_at(const struct vm *m, enum kind k, bool key)
{
    if (k > K_BYTES) {
        return val_of(k, 0);
    }
    if (k == K_NUMBER && m->op == OP_FLOAT) {
        return val_of(k, m->at | NUMBER_FLOAT);
    }
    return val_of(k, m->at | (key ? TEXT_KEY : 0));
}

/* The value of a constant whose n bytes come next; moves past them. */
static enum step constant(struct vm *m, enum kind k, size_t width, uint64_t n, const char **why)
{
    struct bytes b;
    bool key = k == K_TEXT;
    if (!enter(m, n)) {
        return truncated(m, why);
    }
    if (k == K_NUMBER && n <= stream_left(m->in) && !note_long(m, n, LONG_BYTES)) {
        return STEP_ABORT;
    }
    struct range body = { m->in->pos, n };
    if (body.off != m->at + 1 + width && !relocated_operand(m, body)) {
        k = K_UNKNOWN;
    }
    if (k == K_BYTES && n <= stream_left(m->in) && !nested_bytes_offer(m, body)) {
        return STEP_ABORT;
    }
    /* a look at what is in the buffer is free */
    if (key && n <= KEY_BYTES && stream_take(m->in, (size_t)n, &b)) {
        key = may_be_key(b);
    } else if (!stream_skip(m->in, n)) {
        return length_past_end(m, n, why);
    } else {
        key = false;
    }
    return push(m, constant_at(m, k, key));
}

enum step operand_counted(struct vm *m, size_t width, enum kind k, const char **why)
{
    uint64_t n;
    return operand_le(m, width, &n) ? constant(m, k, width, n, why) : truncated(m, why);
}

enum step operand_fixed(struct vm *m, size_t width, enum kind k, const char **why)
{
    if (!enter(m, width) || !stream_skip(m->in, width)) {
        return truncated(m, why);
    }
    return push(m, val_of(k, width == 8 ? m->at | NUMBER_FLOAT : m->at));
}

/* Where the line at hand ends: *n bytes before its newline. */
static bool find_line(struct vm *m, uint64_t max, uint64_t *n)
{
    bool found = stream_find(m->in, '\n', max, n);
    uint64_t pos = m->in->pos;
    uint64_t whole = found ? *n + 1 : stream_left(m->in);
    return enter(m, whole) && (m->in->pos == pos ? found : stream_find(m->in, '\n', max, n));
}

/* The same for a line, which may have quotes and escapes. */
static bool line_may_be_key(struct vm *m, uint64_t n)
{
    struct bytes b;
    if (n > KEY_LINE_BYTES || !stream_peek(m->in, (size_t)n, &b)) {
        return false;
    }
    bool quoted = b.n > 2 && (b.p[0] == '\'' || b.p[0] == '"');
    return (b.n > 0 && memchr(b.p, '\\', b.n) != NULL)
           || may_be_key(quoted ? bytes_sub(b, 1, b.n - 2) : b);
}

enum step operand_line(struct vm *m, enum kind k, const char **why)
{
    uint64_t n;
    if (!find_line(m, UINT64_MAX - 1, &n)) {
        return truncated(m, why);
    }
    struct range body = { m->in->pos, n };
    if (body.off != m->at + 1 && !relocated_operand(m, body)) {
        k = K_UNKNOWN;
    }
    if (k == K_NUMBER && !note_long(m, n, LONG_DIGITS)) {
        return STEP_ABORT;
    }
    bool key = k == K_TEXT && line_may_be_key(m, n);
    if (!stream_skip(m->in, n + 1)) {
        return truncated(m, why);
    }
    return push(m, constant_at(m, k, key));
}

enum step operand_name(struct vm *m, struct text *t, const char **why)
{
    uint64_t n, max = m->o->budget->max[LIMIT_pickle_text_bytes];
    *t = (struct text){ 0 };
    bool found = find_line(m, max, &n);
    uint64_t at = m->in->pos, whole = stream_left(m->in);
    if (found) {
        whole = n + 1;
    } else if (whole > max) {
        *why = "a name without an end";
        return budget_fits(m->o->budget, LIMIT_pickle_text_bytes, max + 1) ? STEP_MALFORMED
                                                                           : STEP_ABORT;
    } else { /* both unpicklers drop the last byte of a line, newline or not */
        n = whole > 0 ? whole - 1 : 0;
    }
    if (!budget_grow(m->o->budget, &t->p, &t->cap, (size_t)n + 1, 1)) {
        return STEP_ABORT;
    }
    t->n = (size_t)n;
    if (!source_read(m->in->src, at, t->p, t->n) || !stream_skip(m->in, whole)) {
        text_done(m, t);
        return truncated(m, why);
    }
    return STEP_CONTINUE;
}

/* Text index: Python's int(): blanks around, a sign, underscores, leading zeros. */
static bool is_index_filler(uint8_t c) { return c != 0 && strchr("_+ \t\r\f\v", c) != NULL; }

static bool parse_index(struct bytes b, uint64_t *out)
{
    uint64_t v = 0;
    bool any = false;
    for (size_t i = 0; i < b.n; i++) {
        uint8_t c = b.p[i];
        if (c >= '0' && c <= '9') {
            if (!mul_u64(v, 10, &v) || !add_u64(v, (uint64_t)(c - '0'), &v)) {
                return false;
            }
            any = true;
        } else if (!is_index_filler(c)) {
            return false;
        }
    }
    *out = v;
    return any;
}

enum step operand_index(struct vm *m, uint64_t *out, const char **why)
{
    struct text t;
    enum step s = operand_name(m, &t, why);
    if (s == STEP_CONTINUE && !parse_index((struct bytes){ t.p, t.n }, out)) {
        *why = "a memo index is not a number";
        s = STEP_MALFORMED;
    }
    text_done(m, &t);
    return s;
}

static enum step frame_past_end(struct vm *m, uint64_t n)
{
    struct fact f = { .kind = FACT_ANOMALY, .at = { m->at, 0 } };
    f.anomaly.slug = BYTES("frame-overrun");
    f.anomaly.detail =
        BYTES("a frame reaches past the end: newer unpicklers refuse it, older ones read on");
    f.anomaly.loader = BYTES("differs");
    f.anomaly.declared = num_of(n);
    f.anomaly.actual = num_of(stream_left(m->in));
    return emit(m->o->sink, &f) ? STEP_CONTINUE : STEP_ABORT;
}

/* Frames carry no meaning of their own; a frame in a frame is fetched as any operand is. */
enum step operand_frame(struct vm *m, const char **why)
{
    uint64_t n;
    if (!operand_le(m, 8, &n)) {
        return truncated(m, why);
    }
    if (n > stream_left(m->in)) {
        return frame_past_end(m, n);
    }
    if (m->framed && m->in->pos < m->frame_end && n <= m->frame_end - m->in->pos) {
        return STEP_CONTINUE; /* it was fetched with the frame around it */
    }
    if (!enter(m, n) || n > stream_left(m->in)) {
        return truncated(m, why);
    }
    m->frame_end = m->in->pos + n;
    m->framed = true;
    return STEP_CONTINUE;
}
