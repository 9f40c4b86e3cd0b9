/* Pickle: a program for a stack machine, opcode by opcode until STOP.
 *
 *   [80 version]  opcode [argument] ...  2E ('.', STOP)   [the next pickle ...]
 *
 * Protocols 0 and 1 have no magic, so this parser is tried on every object.
 * Reference: CPython Lib/pickletools.py and Modules/_pickle.c. */
#include "machine.h"

/* Length of the argument of each opcode, as far as a bid needs it: -1 no opcode,
 * -2 one line, -3 two lines, -11/-14/-18 a length of 1, 4, 8 bytes before it. */
static int argument(uint8_t op)
{
    switch (op) {
    case '(': case '.': case '0': case '1': case '2': case 'N': case 'Q': case 'R': case 'a': case 'b': case 'd':
    case '}': case 'e': case 'l': case ']': case 'o': case 's': case 't': case ')': case 'u': case 0x81: case 0x85:
    case 0x86: case 0x87: case 0x88: case 0x89: case 0x8f: case 0x90: case 0x91: case 0x92: case 0x93: case 0x94:
    case 0x97: case 0x98: return 0;
    case 'K': case 'h': case 'q': case 0x80: case 0x82: return 1;
    case 'M': case 0x83: return 2;
    case 'J': case 'j': case 'r': case 0x84: return 4;
    case 'G': case 0x95: return 8;
    case 'F': case 'I': case 'L': case 'P': case 'S': case 'V': case 'g': case 'p': return -2;
    case 'c': case 'i': return -3;
    case 'U': case 'C': case 0x8a: case 0x8c: return -11;
    case 'T': case 'X': case 'B': case 0x8b: return -14;
    case 0x8d: case 0x8e: case 0x96: return -18;
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
    for (size_t i = width; i-- > 0; ) {
        n = n << 8 | b.p[i];
    }
    return cur_skip(c, n);
}

/* Moves c past an argument; false at the end of what can be seen. */
static bool skip_argument(struct cursor *c, int what)
{
    struct bytes b;
    switch (what) {
    case -2:  return cur_until(c, '\n', GLIMPSE_HEAD, &b);
    case -3:  return cur_until(c, '\n', GLIMPSE_HEAD, &b) && cur_until(c, '\n', GLIMPSE_HEAD, &b);
    case -11: return skip_counted(c, 1);
    case -14: return skip_counted(c, 4);
    case -18: return skip_counted(c, 8);
    default:  return cur_skip(c, (uint64_t)what);
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

/* Walks the opcodes of the head.  With the magic it takes a few good opcodes to
 * claim a file; without, STOP has to be reached: prose and weights do not. */
static int bid(const struct glimpse *g)
{
    struct cursor c = cur_of(g->head, 0);
    bool magic = g->head.n >= 2 && g->head.p[0] == 0x80 && g->head.p[1] <= 5;
    uint8_t op;
    int ops = 0;
    while (cur_u8(&c, &op)) {
        int what = argument(op);
        if (what == -1 || (op == 'P' && refused_persid(c))) {
            return 1;
        }
        ops++;
        if (op == '.') {
            return magic ? 90 : ops >= 2 ? 60 : 1;
        }
        if (!skip_argument(&c, what)) {
            break;
        }
    }
    return magic && ops >= 2 ? 80 : magic && g->size < 16 ? 60 : ops >= 64 ? 55 : 1;
}

/* --- between pickles ------------------------------------------------------------- */

static bool report_trailing(struct machine *m, uint64_t from)
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

static enum parse_end broken(struct machine *m, enum step s, const char *why)
{
    if (s == STEP_HALT) {
        return PARSE_STOPPED;
    }
    const char *slug = s == STEP_CUT ? "pickle-truncated" : "pickle-malformed";
    return emit_anomaly(m->o->sink, (struct range){ m->at, 0 }, slug, why) ? PARSE_MALFORMED : PARSE_STOPPED;
}

static bool skip_zeros(struct machine *m, bool *any)
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

static bool starts_pickle(struct machine *m, uint64_t at)
{
    uint8_t head[2];
    size_t got = 0;
    return source_read_some(m->in->src, at, head, 2, &got) && got > 0 && head[0] == 0x80 && (got < 2 || head[1] <= 5);
}

/* What follows a STOP: another pickle, or bytes that no unpickler reads. */
static enum parse_end run(struct machine *m)
{
    for (uint64_t num = 0; ; num++) {
        uint64_t start = m->in->pos;
        bool padded = false;
        const char *why = "";
        if (num > 0 && !skip_zeros(m, &padded)) {
            return PARSE_STOPPED;
        }
        if (num > 0 && stream_left(m->in) == 0) {
            return !padded || report_trailing(m, start) ? PARSE_WHOLE : PARSE_STOPPED;
        }
        uint64_t body = m->in->pos;
        bool executed_before = m->executed;
        enum step s;
        m->executed = false;
        m->doubtful = num > 0 && !starts_pickle(m, body);
        do {
            s = machine_step(m, &why);
        } while (s == STEP_ON);
        /* A second pickle that only ends too early is a truncated one, not stray bytes. */
        bool dead = s != STEP_STOP && s != STEP_HALT && !m->executed && num > 0
                 && !(s == STEP_CUT && starts_pickle(m, body));
        if (padded && !dead && !emit_anomaly(m->o->sink, (struct range){ body, 0 }, "pickle-after-gap",
                                             "a further pickle after padding")) {
            return PARSE_STOPPED;
        }
        m->executed |= executed_before;
        if (dead) {                                /* no pickle after all */
            return report_trailing(m, start) ? PARSE_WHOLE : PARSE_STOPPED;
        }
        if (s != STEP_STOP) {
            return broken(m, s, why);
        }
        machine_reset(m);
    }
}

static enum parse_end parse(struct object *o)
{
    struct machine m;
    struct stream *in = budget_resize(o->budget, NULL, 0, sizeof *in);
    if (in == NULL || !machine_init(&m, o, in)) {
        return PARSE_STOPPED;
    }
    stream_init(in, o->src, (struct range){ 0, o->src->size });
    enum parse_end end = run(&m);
    machine_done(&m);
    (void)budget_resize(o->budget, in, sizeof *in, 0);
    return end;
}

const struct parser pickle_parser = { "pickle", bid, parse };
