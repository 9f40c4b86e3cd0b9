/* Pickle: a program for a stack machine, opcode by opcode until STOP.
 *
 *   [80 version]  opcode [argument] ...  2E ('.', STOP)   [the next pickle ...]
 *
 * Protocols 0 and 1 have no magic, so this parser is tried on every object.
 * Reference: CPython Lib/pickletools.py and Modules/_pickle.c. */
#include "vm.h"

/* Length of the argument of each opcode, as far as a bid needs it: -1 no opcode,
 * -2 one line, -3 two lines, -11/-14/-18 a length of 1, 4, 8 bytes before it. */
static int argument(uint8_t op)
{
    switch (op) {
    case '(':
    case '.':
    case '0':
    case '1':
    case '2':
    case 'N':
    case 'Q':
    case 'R':
    case 'a':
    case 'b':
    case 'd':
    case '}':
    case 'e':
    case 'l':
    case ']':
    case 'o':
    case 's':
    case 't':
    case ')':
    case 'u':
    case 0x81:
    case 0x85:
    case 0x86:
    case 0x87:
    case 0x88:
    case 0x89:
    case 0x8f:
    case 0x90:
    case 0x91:
    case 0x92:
    case 0x93:
    case 0x94:
    case 0x97:
    case 0x98: return 0;
    case 'K':
    case 'h':
    case 'q':
    case 0x80:
    case 0x82: return 1;
    case 'M':
    case 0x83: return 2;
    case 'J':
    case 'j':
    case 'r':
    case 0x84: return 4;
    case 'G':
    case 0x95: return 8;
    case 'F':
    case 'I':
    case 'L':
    case 'P':
    case 'S':
    case 'V':
    case 'g':
    case 'p': return -2;
    case 'c':
    case 'i': return -3;
    case 'U':
    case 'C':
    case 0x8a:
    case 0x8c: return -11;
    case 'T':
    case 'X':
    case 'B':
    case 0x8b: return -14;
    case 0x8d:
    case 0x8e:
    case 0x96: return -18;
    default: return -1;
    }
}

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

/* Moves c past an argument; false at the end of what can be seen. */
static bool skip_argument(struct cursor *c, int what)
{
    struct bytes b;
    switch (what) {
    case -2: return cur_until(c, '\n', GLIMPSE_HEAD, &b);
    case -3: return cur_until(c, '\n', GLIMPSE_HEAD, &b) && cur_until(c, '\n', GLIMPSE_HEAD, &b);
    case -11: return skip_counted(c, 1);
    case -14: return skip_counted(c, 4);
    case -18: return skip_counted(c, 8);
    default: return cur_skip(c, (uint64_t)what);
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

/* What an opcode wants on the stack and what it leaves there. */
/* marked: takes all above a MARK as well */
struct effect {
    int8_t wants, leaves;
    bool marked;
};
static struct effect effect_of(uint8_t op)
{
    switch (op) {
    case 'a':
    case 'b':
    case 'R':
    case 0x81:
    case 0x93:
    case 0x86: return (struct effect){ 2, 1, false };
    case 's':
    case 0x92:
    case 0x87: return (struct effect){ 3, 1, false };
    case '0':
    case '.': return (struct effect){ 1, 0, false };
    case '2': return (struct effect){ 1, 2, false };
    case 'p':
    case 'q':
    case 'r':
    case 0x94:
    case 'Q':
    case 0x85:
    case 0x98: return (struct effect){ 1, 1, false };
    case 'e':
    case 'u':
    case 0x90: return (struct effect){ 1, 1, true };
    case 't':
    case 'l':
    case 'd':
    case 'o':
    case 'i':
    case 0x91: return (struct effect){ 0, 1, true };
    case '1': return (struct effect){ 0, 0, true };
    case 0x80:
    case 0x95: return (struct effect){ 0, 0, false };
    default: return (struct effect){ 0, 1, false };
    }
}

#define BID_MARKS 64
struct bid_stack {
    int depth, marks[BID_MARKS], num_marks;
};

/* Prose and archives rarely get far: "a.txt" appends to nothing. */
static bool fits(struct bid_stack *s, uint8_t op)
{
    struct effect e = effect_of(op);
    if (op == '(') {
        s->num_marks += s->num_marks < BID_MARKS;
        s->marks[s->num_marks - 1] = s->depth;
        return true;
    }
    if (op == '0' && s->num_marks > 0 && s->depth == s->marks[s->num_marks - 1]) {
        s->num_marks--; /* POP takes a mark, too */
        return true;
    }
    if (e.marked) {
        if (s->num_marks == 0) {
            return false;
        }
        s->depth = s->marks[--s->num_marks];
    }
    int floor = s->num_marks > 0 ? s->marks[s->num_marks - 1] : 0;
    if (s->depth - floor < e.wants) {
        return false;
    }
    s->depth += e.leaves - e.wants;
    return true;
}

/* GLOBAL and INST: two lines that a module and a name can be. */
static bool names_global(struct cursor c)
{
    struct bytes module, name;
    return cur_until(&c, '\n', GLIMPSE_HEAD, &module) && cur_until(&c, '\n', GLIMPSE_HEAD, &name)
           && dotted_identifier(module) && dotted_identifier(name);
}

/* Walks the opcodes of the head.  With the magic it takes a few good opcodes to claim a
 * file; without, a global has to be named, or STOP be the file's last byte, or many
 * opcodes be good: prose and weights are full of short pickles ("N."). */
static int bid(const struct glimpse *g)
{
    struct cursor c = cur_of(g->head, 0);
    struct bid_stack stack = { 0 };
    bool magic = g->head.n >= 2 && g->head.p[0] == 0x80 && g->head.p[1] >= 2 && g->head.p[1] <= 5;
    uint8_t op;
    int ops = 0, globals = 0;
    while (cur_u8(&c, &op)) {
        int what = argument(op);
        if (what == -1 || !fits(&stack, op) || (op == 'P' && refused_persid(c))) {
            return magic && ops >= 4 ? 80 : 1; /* joblib's arrays lie between the opcodes */
        }
        ops++;
        globals += (op == 'c' || op == 'i') && names_global(c);
        if (op == '.') {
            bool ends = g->head.n == g->size && cur_left(&c) == 0;
            return magic && (ends || ops > 2)                       ? 90
                   : globals > 0 || (ends && ops >= 2) || ops >= 16 ? 60
                                                                    : 1;
        }
        if (!skip_argument(&c, what)) {
            break;
        }
    }
    return magic && ops >= 2                        ? 80
           : magic && g->size < 16                  ? 60
           : ops >= 64 || (globals > 0 && ops >= 4) ? 55
                                                    : 1;
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
    return source_read_some(m->in->src, at, head, 2, &got) && got > 0 && head[0] == 0x80
           && (got < 2 || head[1] <= 5);
}

/* --- readings ---------------------------------------------------------------------
 *
 * Where unpicklers disagree about a frame, the file is read again as the others do:
 * from the same place with operands that stay in their frames, or from behind a frame
 * that a STOP did not finish. */
#define MAX_READINGS 16u

struct reading {
    uint64_t at;
    bool strict_frames;
};
struct readings {
    struct reading list[MAX_READINGS];
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
    r->too_many |= r->n == MAX_READINGS;
    if (r->n < MAX_READINGS) {
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
        bool dead = !driven && s != STEP_STOP && s != STEP_ABORT && !m->executed && num > 0
                    && !(s == STEP_TRUNCATED && starts_pickle(m, body));
        if (padded && !dead
            && !emit_anomaly(m->o->sink, (struct range){ body, 0 }, "pickle-after-gap",
                             "a further pickle after padding")) {
            return PARSE_STOPPED;
        }
        m->executed |= executed_before;
        if (dead) { /* no pickle after all */
            return report_trailing(m, start) ? PARSE_WHOLE : PARSE_STOPPED;
        }
        if (s != STEP_STOP) {
            return broken(m, s, why);
        }
        if (!m->legacy.active && !views_emit(m)) {
            return PARSE_STOPPED;
        }
        s = driven         ? torchtar_after(m, num, &why)
            : m->no_joblib ? STEP_CONTINUE
                           : legacy_after(m, num, &why);
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
