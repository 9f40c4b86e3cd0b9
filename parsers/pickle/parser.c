/* Pickle: a program for a stack machine, opcode by opcode until STOP.
 *
 *   [80 version]  opcode [argument] ...  2E ('.', STOP)   [the next pickle ...]
 *
 * Protocols 0 and 1 have no magic, so this parser is tried on every object.
 * Reference: CPython Lib/pickletools.py and Modules/_pickle.c. */
#include "vm.h"

#include "../codec/opcodes.h"

static bool skip_counted(struct cursor *c, size_t width)
{
    struct bytes b;
    uint64_t n = 0;
    if (!cur_take(c, width, &b)) {
        return false;
    }
    for (size_t i = width; i-- > 0;) {
        n = n << 8 | b.p[i];
    }
    return cur_skip(c, n);
}

/* Moves c past the argument of op; false at the end of what can be seen. */
static bool skip_argument(struct cursor *c, uint8_t op)
{
    struct bytes b;
    unsigned counted = opcode_length_bytes(op);
    if (counted > 0) {
        return skip_counted(c, counted);
    }
    switch (opcode_rows[op].argument) {
    case ARG_LINE: return cur_until(c, '\n', GLIMPSE_HEAD, &b);
    case ARG_TWO_LINES:
        return cur_until(c, '\n', GLIMPSE_HEAD, &b) && cur_until(c, '\n', GLIMPSE_HEAD, &b);
    default: return cur_skip(c, opcode_rows[op].argument);
    }
}

/* A persistent id of protocol 0 is ASCII, or the unpickler stops: so a zip is no pickle. */
static bool refused_persid(struct cursor c)
{
    struct bytes line;
    bool whole = cur_until(&c, '\n', GLIMPSE_HEAD, &line);
    for (size_t i = 0; whole && i < line.n; i++) {
        if (line.p[i] >= 0x80) {
            return true;
        }
    }
    return !whole;
}

#define BID_MARKS 64
struct bid_stack {
    int depth, marks[BID_MARKS], num_marks;
};

/* Whether op finds what it takes on the stack.  Prose and archives rarely get far: "a.txt"
 * appends to nothing. */
static bool fits(struct bid_stack *s, uint8_t op)
{
    const struct opcode_row *row = &opcode_rows[op];
    if (row->mark == PUSH_MARK) {
        s->num_marks += s->num_marks < BID_MARKS;
        s->marks[s->num_marks - 1] = s->depth;
        return true;
    }
    if (op == OP_POP && s->num_marks > 0 && s->depth == s->marks[s->num_marks - 1]) {
        s->num_marks--; /* POP takes a mark, too */
        return true;
    }
    if (row->mark == POP_MARK) {
        if (s->num_marks == 0) {
            return false;
        }
        s->depth = s->marks[--s->num_marks];
    }
    int floor = s->num_marks > 0 ? s->marks[s->num_marks - 1] : 0;
    if (s->depth - floor < row->takes) {
        return false;
    }
    s->depth += row->leaves - row->takes;
    return true;
}

/* GLOBAL and INST: two lines that a module and a name can be. */
static bool names_global(struct cursor c)
{
    struct bytes module, name;
    return cur_until(&c, '\n', GLIMPSE_HEAD, &module) && cur_until(&c, '\n', GLIMPSE_HEAD, &name)
           && dotted_identifier(module) && dotted_identifier(name);
}

/* Bids, and how many opcodes it takes to make one where STOP is out of sight.  Prose and weights
 * are full of short pickles ("N."), so without the magic of protocol 2 a file is claimed only when
 * a global is named, when STOP is its last byte, or when many opcodes fit. */
enum {
    BID_MAGIC_TO_STOP = 90,
    BID_MAGIC = 80,
    BID_TO_STOP = 60,
    BID_TINY = 60,
    BID_MANY = 55,
    BID_TRY = 1,
    TINY_BYTES = 16,
    JOBLIB_OPCODES = 4, /* before the first array, whose bytes are no opcodes */
    STOP_OPCODES = 16,
    MANY_OPCODES = 64,
    GLOBAL_OPCODES = 4
};

struct bid_walk {
    bool magic; /* PROTO 2 to 5 */
    bool ends; /* STOP is the last byte of the file */
    int ops, globals;
};

static int bid_at_stop(const struct bid_walk *w)
{
    if (w->magic && (w->ends || w->ops > 2)) {
        return BID_MAGIC_TO_STOP;
    }
    bool named = w->globals > 0;
    bool fills_file = w->ends && w->ops >= 2;
    return named || fills_file || w->ops >= STOP_OPCODES ? BID_TO_STOP : BID_TRY;
}

static int bid_without_stop(const struct bid_walk *w, uint64_t size)
{
    if (w->magic && w->ops >= 2) {
        return BID_MAGIC;
    }
    if (w->magic && size < TINY_BYTES) {
        return BID_TINY;
    }
    bool names_early = w->globals > 0 && w->ops >= GLOBAL_OPCODES;
    return w->ops >= MANY_OPCODES || names_early ? BID_MANY : BID_TRY;
}

static bool has_magic(struct bytes head)
{
    return head.n >= 2 && head.p[0] == OP_PROTO && head.p[1] >= 2 && head.p[1] <= MAX_PROTOCOL;
}

/* Walks the opcodes of the head. */
static int bid(const struct glimpse *g)
{
    struct cursor c = cur_of(g->head, 0);
    struct bid_stack stack = { 0 };
    struct bid_walk w = { .magic = has_magic(g->head) };
    uint8_t op;
    while (cur_u8(&c, &op)) {
        bool refused = op == OP_PERSID && refused_persid(c);
        if (opcode_rows[op].name == NULL || !fits(&stack, op) || refused) {
            return w.magic && w.ops >= JOBLIB_OPCODES ? BID_MAGIC : BID_TRY;
        }
        w.ops++;
        w.globals += (op == OP_GLOBAL || op == OP_INST) && names_global(c);
        if (op == OP_STOP) {
            w.ends = g->head.n == g->size && cur_left(&c) == 0;
            return bid_at_stop(&w);
        }
        if (!skip_argument(&c, op)) {
            break;
        }
    }
    return bid_without_stop(&w, g->size);
}

/* --- between pickles ------------------------------------------------------------- */

static bool report_trailing(struct vm *m, uint64_t from)
{
    struct fact region = { .kind = FACT_REGION, .at = { from, m->in->end - from } };
    struct fact f = { .kind = FACT_ANOMALY, .at = region.at };
    region.region.role = BYTES("trailing");
    f.anomaly.slug = BYTES("trailing-bytes");
    f.anomaly.detail = BYTES("bytes after the last pickle that are no pickle");
    f.anomaly.actual = num_of(region.at.len);
    f.anomaly.loader = BYTES("accepts");
    return emit(m->o->sink, &region) && emit(m->o->sink, &f);
}

static enum parse_end broken(struct vm *m, enum step s, const char *why)
{
    if (s == STEP_ABORT) {
        return PARSE_STOPPED;
    }
    const char *slug = s == STEP_TRUNCATED ? "pickle-truncated" : "pickle-malformed";
    return emit_anomaly(m->o->sink, (struct range){ m->at, 0 }, slug, why) ? PARSE_MALFORMED
                                                                           : PARSE_STOPPED;
}

static bool skip_zeros(struct vm *m, bool *any)
{
    struct bytes b;
    *any = false;
    while (stream_peek(m->in, 1, &b) && b.p[0] == 0) {
        *any = true;
        if (!stream_skip(m->in, 1)) {
            return false;
        }
    }
    return !source_failed(m->in->src);
}

static bool starts_pickle(struct vm *m, uint64_t at)
{
    uint8_t head[2];
    size_t got = 0;
    if (!source_read_some(m->in->src, at, head, 2, &got) || got == 0) {
        return false;
    }
    return head[0] == OP_PROTO && (got < 2 || head[1] <= MAX_PROTOCOL);
}

/* --- readings ---------------------------------------------------------------------
 *
 * Where unpicklers disagree about a frame, the file is read again as the others do:
 * from the same place with operands that stay in their frames, or from behind a frame
 * that a STOP did not finish. */

struct reading {
    uint64_t at;
    bool strict_frames;
};
struct readings {
    struct reading list[BOUND_pickle_readings];
    size_t n;
    bool too_many;
};

static void add_reading(struct readings *r, uint64_t at, bool strict_frames)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->list[i].at == at && r->list[i].strict_frames == strict_frames) {
            return;
        }
    }
    r->too_many |= r->n == BOUND_pickle_readings;
    if (r->n < BOUND_pickle_readings) {
        r->list[r->n++] = (struct reading){ at, strict_frames };
    }
}

/* What the pickle that began at `start` did with its frames. */
static bool note_frames(struct vm *m, struct readings *r, uint64_t start, enum step s)
{
    uint64_t after = m->in->pos;
    bool unfinished = s == STEP_STOP && m->framed && after < m->frame_end;
    if (m->frame_overrun && !m->strict_frames) {
        add_reading(r, start, true);
    }
    if (unfinished) {
        add_reading(r, m->frame_end, m->strict_frames);
    }
    bool overrun = m->frame_overrun;
    m->frame_overrun = false;
    if (m->speculative && !m->executed) {
        return true;
    }
    return (!overrun
            || emit_anomaly(m->o->sink, (struct range){ start, 0 }, "frame-overrun",
                            "an opcode crosses the end of its frame"))
           && (!unfinished
               || emit_anomaly(
                   m->o->sink, (struct range){ after, m->frame_end - after }, "frame-unfinished",
                   "a pickle stops before its frame does: what comes next differs by loader"));
}

/* One pickle, from where the stream is. */
static enum step run_one(struct vm *m, struct readings *r, const char **why)
{
    uint64_t start = m->in->pos;
    enum step s = vm_run(m, why);
    return s == STEP_ABORT || note_frames(m, r, start, s) ? s : STEP_ABORT;
}

/* What follows a STOP: another pickle, or bytes that no unpickler reads. */
static enum parse_end run(struct vm *m, struct readings *r)
{
    for (uint64_t num = 0;; num++) {
        uint64_t start = m->in->pos;
        bool padded = false;
        const char *why = "";
        bool driven = torchtar_driven(m); /* the loader knows where the next one is */
        if (m->torchtar.over) {
            return stream_left(m->in) == 0 || report_trailing(m, start) ? PARSE_WHOLE
                                                                        : PARSE_STOPPED;
        }
        if (num > 0 && !driven && !skip_zeros(m, &padded)) {
            return PARSE_STOPPED;
        }
        if (num > 0 && stream_left(m->in) == 0 && (m->legacy.active || driven)) {
            return broken(m, STEP_TRUNCATED, "torch's old format, without its storages");
        }
        if (num > 0 && stream_left(m->in) == 0) {
            return !padded || report_trailing(m, start) ? PARSE_WHOLE : PARSE_STOPPED;
        }
        uint64_t body = m->in->pos;
        bool executed_before = m->executed;
        m->executed = false;
        m->speculative = num > 0 && !driven && !starts_pickle(m, body);
        enum step s = run_one(m, r, &why);
        /* A second pickle that only ends too early is a truncated one, not stray bytes. */
        bool failed = s != STEP_STOP && s != STEP_ABORT;
        bool only_cut = s == STEP_TRUNCATED && starts_pickle(m, body);
        bool optional = num > 0 && !driven && !m->executed;
        bool dead = optional && failed && !only_cut;
        if (padded && !dead
            && !emit_anomaly(m->o->sink, (struct range){ body, 0 }, "pickle-after-gap",
                             "a further pickle after padding")) {
            return PARSE_STOPPED;
        }
        m->executed |= executed_before;
        if (dead) { /* stray bytes */
            return report_trailing(m, start) ? PARSE_WHOLE : PARSE_STOPPED;
        }
        if (s != STEP_STOP) {
            return broken(m, s, why);
        }
        if (!m->legacy.active && !views_emit(m)) {
            return PARSE_STOPPED;
        }
        s = STEP_CONTINUE;
        if (driven) {
            s = torchtar_after(m, num, &why);
        } else if (!m->no_joblib) {
            s = legacy_after(m, num, &why);
        }
        if (s != STEP_CONTINUE) {
            return broken(m, s, why);
        }
        vm_reset(m);
    }
}

/* The other readings add what they execute; how they end says nothing new. */
static enum parse_end run_all(struct vm *m)
{
    struct readings r = { 0 };
    const char *why = "";
    enum parse_end end = run(m, &r);
    for (size_t i = 0; i < r.n && end != PARSE_STOPPED; i++) {
        vm_reset(m);
        m->strict_frames = r.list[i].strict_frames;
        enum step s = stream_seek(m->in, r.list[i].at) ? STEP_STOP : STEP_MALFORMED;
        while (s == STEP_STOP && stream_left(m->in) > 0) {
            m->speculative = !starts_pickle(m, m->in->pos);
            s = run_one(m, &r, &why);
            vm_reset(m);
        }
        end = s == STEP_ABORT ? PARSE_STOPPED : end;
    }
    if (r.too_many && end == PARSE_WHOLE) {
        struct range all = { 0, m->in->end };
        end = emit_anomaly(m->o->sink, all, "pickle-many-readings",
                           "frames give more readings than are followed")
                  ? PARSE_MALFORMED
                  : PARSE_STOPPED;
    }
    return end;
}

static enum parse_end parse(struct object *o)
{
    struct vm m;
    struct stream *in = stream_open(o->budget, o->src, (struct range){ 0, o->src->size });
    if (in == NULL || !vm_init(&m, o, in)) {
        return PARSE_STOPPED;
    }
    enum parse_end end = run_all(&m);
    vm_done(&m);
    stream_close(o->budget, in);
    return end;
}

const struct parser pickle_parser = {
    "pickle", bid, parse,
    "pickles of protocols 0 to 5, joblib's arrays between the opcodes, torch's format before 1.6",
    "every opcode was executed symbolically up to the last STOP; each import and call is on a list"
};
