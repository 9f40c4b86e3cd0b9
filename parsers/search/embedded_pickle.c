/* embedded_pickle.c - walks a pickle by the lengths of its opcodes.
 *
 *   80 version  [95 frame]  opcode [argument] ...  '.'
 *
 * The walk only excludes chance: of the 60,000 places that start with 80 02..05 in 1 GB of random
 * bytes, about five name a global and then call something.  The pickle parser finds out what such
 * a pickle does. */
#include "embedded_pickle.h"

#include "prefilter.h"

#include "../codec/hex.h"
#include "../codec/opcodes.h"

#include <string.h>

static bool names_global(uint8_t op)
{
    switch (op) {
    case OP_GLOBAL:
    case OP_INST:
    case OP_STACK_GLOBAL:
    case OP_EXT1:
    case OP_EXT2:
    case OP_EXT4: return true;
    default: return false;
    }
}

static bool calls(uint8_t op)
{
    switch (op) {
    case OP_REDUCE:
    case OP_INST:
    case OP_OBJ:
    case OP_BUILD:
    case OP_NEWOBJ:
    case OP_NEWOBJ_EX: return true;
    default: return false;
    }
}

enum walk {
    WALK_CONTINUE,
    WALK_STOP, /* the STOP opcode */
    WALK_MALFORMED, /* a byte that is not an opcode, or an argument that does not fit */
    WALK_TRUNCATED /* the opcode continues behind these bytes */
};

/* A length before an argument; the argument itself is skipped later. */
static enum walk read_length(struct cursor *c, size_t width, uint64_t *skip)
{
    struct bytes b;
    if (!cur_take(c, width, &b)) {
        return WALK_TRUNCATED;
    }
    for (size_t i = width; i-- > 0;) {
        *skip = *skip << 8 | b.p[i];
    }
    return WALK_CONTINUE;
}

/* An argument up to the end of the line.  A name with control characters cannot be imported; other
 * lines may have them.  last: the object ends with these bytes. */
static enum walk read_line(struct cursor *c, bool is_name, bool last)
{
    uint8_t byte;
    struct cursor start = *c;
    while (cur_u8(c, &byte)) {
        if (byte == '\n') {
            return WALK_CONTINUE;
        }
        if (is_name && byte < 0x09) {
            return WALK_MALFORMED;
        }
    }

    *c = start;
    return last ? WALK_MALFORMED : WALK_TRUNCATED;
}

struct walker {
    bool global; /* a global was named */
    bool called; /* something was called after that */
    uint64_t skip; /* bytes of the last argument that are not read */
    struct embedded_protos *protos;
};

static enum walk read_argument(struct walker *w, struct cursor *c, uint8_t op, bool last)
{
    int argument = opcode_rows[op].argument;
    enum walk how;
    switch (argument) {
    case ARG_LINE: return read_line(c, false, last);
    case ARG_TWO_LINES:
        how = read_line(c, true, last);
        if (how != WALK_CONTINUE) {
            return how;
        }

        return read_line(c, true, last);
    case ARG_LENGTH_1:
    case ARG_LENGTH_4:
    case ARG_LENGTH_8: return read_length(c, opcode_length_bytes(op), &w->skip);
    default: break;
    }
    return cur_skip(c, (uint64_t)argument) ? WALK_CONTINUE : WALK_TRUNCATED;
}

/* Reads one opcode.  The cursor stays before one that is truncated. */
static enum walk read_opcode(struct walker *w, struct cursor *c, bool last)
{
    struct cursor start = *c;
    uint8_t op;
    w->skip = 0;
    if (!cur_u8(c, &op)) {
        return WALK_TRUNCATED;
    }
    if (opcode_rows[op].name == NULL) {
        return WALK_MALFORMED;
    }

    enum walk how = read_argument(w, c, op, last);
    if (how == WALK_TRUNCATED) {
        *c = start;
    }
    if (how != WALK_CONTINUE) {
        return how;
    }

    w->called |= op == OP_INST || (w->global && calls(op));
    w->global |= names_global(op);
    return op == OP_STOP ? WALK_STOP : WALK_CONTINUE;
}

/* Walks what can be seen from c on.  Returns true if something is called, or may still be. */
static bool may_call(struct cursor c, bool whole)
{
    struct walker w = { 0 };
    for (;;) {
        enum walk how = read_opcode(&w, &c, whole);
        if (how == WALK_TRUNCATED) {
            return true;
        }
        if (how != WALK_CONTINUE) {
            return w.called;
        }
        if (!cur_skip(&c, w.skip)) {
            return true;
        }
    }
}

bool embedded_pickle_prefilter(struct bytes look)
{
    struct cursor c = cur_of(look, 0);
    if (!cur_skip(&c, 2) || cur_left(&c) == 0 || look.p[2] == OP_PROTO) {
        return false; /* a PROTO that follows is a candidate of its own */
    }
    return may_call(c, look.n < SEARCH_LOOK);
}

bool embedded_pickle_possible(struct bytes look, bool whole)
{
    return may_call(cur_of(look, 0), whole);
}

/* Walks the opcodes that start in these bytes.  *pos is then behind the last whole one. */
static enum walk walk_buffer(struct walker *w, struct cursor c, uint64_t size, bool last,
                             uint64_t *pos, uint64_t *steps, uint64_t max_steps)
{
    struct embedded_protos *protos = w->protos;
    while (*steps < max_steps) {
        uint64_t end;
        bool is_proto = cur_left(&c) > 0 && c.p[0] == OP_PROTO && protos->n < EMBEDDED_PROTOS;
        if (is_proto) {
            protos->at[protos->n] = c.at;
        }

        enum walk how = read_opcode(w, &c, last);
        protos->n += is_proto && how != WALK_TRUNCATED;
        if (how == WALK_TRUNCATED || how == WALK_MALFORMED) {
            return how;
        }

        ++*steps;
        if (!add_u64(c.at, w->skip, &end) || end > size) {
            return WALK_MALFORMED; /* the argument reaches past the end */
        }

        *pos = end;
        if (how == WALK_STOP) {
            return how;
        }
        if (!cur_skip(&c, w->skip)) {
            return WALK_TRUNCATED;
        }
    }

    return WALK_MALFORMED;
}

bool embedded_pickle(struct source *src, uint64_t at, uint64_t max_steps, uint64_t *len,
                     uint64_t *steps, struct embedded_protos *protos)
{
    uint8_t buf[4096]; /* a line that is longer ends the walk */
    struct walker w = { .protos = protos };
    uint64_t pos = at;
    uint64_t before;
    enum walk how = WALK_TRUNCATED;
    *steps = 0;
    protos->n = 0;
    do {
        size_t got = 0;
        before = pos;
        if (!source_read_some(src, pos, buf, sizeof buf, &got) || got == 0) {
            break;
        }
        struct cursor c = cur_of((struct bytes){ buf, got }, pos);
        bool last = pos + got >= src->size;
        how = walk_buffer(&w, c, src->size, last, &pos, steps, max_steps);
    } while (how == WALK_TRUNCATED && pos > before);
    *len = pos - at;
    return w.called;
}

static bool is_base64(uint8_t c)
{
    bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    bool digit = c >= '0' && c <= '9';
    bool standard = c == '+' || c == '/' || c == '=';
    bool url_safe = c == '-' || c == '_';
    return letter || digit || standard || url_safe;
}

bool embedded_is_text(uint8_t c, bool hex) { return hex ? hex_digit(c) >= 0 : is_base64(c); }

static bool is_text_or_line_end(uint8_t c, bool hex)
{
    return embedded_is_text(c, hex) || c == '\n' || c == '\r';
}

uint64_t embedded_text(struct source *src, uint64_t at, bool hex, uint64_t max)
{
    uint8_t buf[4096];
    uint64_t len = 0;
    while (len < max) {
        size_t got = 0, i = 0;
        if (!source_read_some(src, at + len, buf, sizeof buf, &got) || got == 0) {
            break;
        }

        while (i < got && is_text_or_line_end(buf[i], hex)) {
            i++;
        }

        len += i;
        if (i < got) {
            break;
        }
    }

    return len < max ? len : max;
}
