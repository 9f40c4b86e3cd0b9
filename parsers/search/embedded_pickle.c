/* embedded_pickle.c - a pickle is walked by the lengths of its opcodes alone.
 *
 *   80 version  [95 frame]  opcode [argument] ...  '.'
 *
 * What it does is left to the pickle machine; here only chance is ruled out: of
 * 60,000 places a GB that start 80 02..05 in random bytes, a handful name a global
 * and then call something. */
#include "embedded_pickle.h"

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

/* SHORT: more bytes are needed to tell */
enum walk { WALK_ON, WALK_STOP, WALK_BAD, WALK_SHORT };

static enum walk counted(struct cursor *c, size_t width, uint64_t *skip)
{
    struct bytes b;
    if (!cur_take(c, width, &b)) {
        return WALK_SHORT;
    }
    for (size_t i = width; i-- > 0;) {
        *skip = *skip << 8 | b.p[i];
    }
    return WALK_ON;
}

/* A name has no control characters, or no import can succeed on it; other lines may. */
static enum walk line(struct cursor *c, bool name, bool last)
{
    uint8_t byte;
    struct cursor start = *c;
    while (cur_u8(c, &byte)) {
        if (byte == '\n') {
            return WALK_ON;
        }
        if (name && byte < 0x09) {
            return WALK_BAD;
        }
    }
    *c = start;
    return last ? WALK_BAD : WALK_SHORT;
}

struct walker {
    bool global, called;
    uint64_t skip; /* bytes of an argument that go unread */
    struct embedded_protos *protos;
};

/* One opcode; a SHORT one leaves the cursor before it. */
static enum walk step(struct walker *w, struct cursor *c, bool last)
{
    struct cursor start = *c;
    uint8_t op;
    enum walk how = WALK_ON;
    w->skip = 0;
    if (!cur_u8(c, &op)) {
        return WALK_SHORT;
    }
    const struct opcode_row *row = &opcode_rows[op];
    if (row->name == NULL) {
        return WALK_BAD;
    }
    switch (row->argument) {
    case ARG_LINE: how = line(c, false, last); break;
    case ARG_TWO_LINES:
        how = line(c, true, last);
        how = how == WALK_ON ? line(c, true, last) : how;
        break;
    case ARG_LENGTH_1:
    case ARG_LENGTH_4:
    case ARG_LENGTH_8: how = counted(c, opcode_length_bytes(op), &w->skip); break;
    default: how = cur_skip(c, row->argument) ? WALK_ON : WALK_SHORT; break;
    }
    if (how != WALK_ON) {
        *c = how == WALK_SHORT ? start : *c;
        return how;
    }
    w->called |= w->global && calls(op);
    w->global |= names_global(op);
    w->called |= op == OP_INST;
    return op == OP_STOP ? WALK_STOP : WALK_ON;
}

bool embedded_pickle_quick(struct bytes look)
{
    struct cursor c = cur_of(look, 0);
    struct walker w = { 0 };
    if (!cur_skip(&c, 2) || cur_left(&c) == 0 || look.p[2] == OP_PROTO) {
        return false; /* PROTO again: that one is a candidate of its own */
    }
    for (;;) {
        enum walk how = step(&w, &c, look.n < 64);
        if (how == WALK_SHORT) {
            return true;
        }
        if (how != WALK_ON) {
            return w.called;
        }
        if (!cur_skip(&c, w.skip)) {
            return true;
        }
    }
}

/* Opcodes that start in these bytes.  *pos: the first byte after the last whole one. */
static enum walk walk_buffer(struct walker *w, struct cursor c, uint64_t size, bool last,
                             uint64_t *pos, uint64_t *steps, uint64_t max_steps)
{
    while (*steps < max_steps) {
        uint64_t end;
        bool proto = cur_left(&c) > 0 && c.p[0] == OP_PROTO && w->protos->n < HIDDEN_PROTOS;
        if (proto) {
            w->protos->at[w->protos->n] = c.at;
        }
        enum walk how = step(w, &c, last);
        w->protos->n += proto && how != WALK_SHORT;
        if (how == WALK_SHORT || how == WALK_BAD) {
            return how;
        }
        ++*steps;
        if (!add_u64(c.at, w->skip, &end) || end > size) {
            return WALK_BAD; /* the argument reaches past the end */
        }
        *pos = end;
        if (how == WALK_STOP) {
            return how;
        }
        if (!cur_skip(&c, w->skip)) {
            return WALK_SHORT;
        }
    }
    return WALK_BAD;
}

bool embedded_pickle(struct source *src, uint64_t at, uint64_t max_steps, uint64_t *len,
                     uint64_t *steps, struct embedded_protos *protos)
{
    uint8_t buf[4096]; /* no line is longer */
    struct walker w = { .protos = protos };
    uint64_t pos = at, before;
    enum walk how = WALK_SHORT;
    *steps = 0;
    protos->n = 0;
    do {
        size_t got = 0;
        before = pos;
        if (!source_read_some(src, pos, buf, sizeof buf, &got) || got == 0) {
            break;
        }
        how = walk_buffer(&w, cur_of((struct bytes){ buf, got }, pos), src->size,
                          pos + got >= src->size, &pos, steps, max_steps);
    } while (how == WALK_SHORT && pos > before);
    *len = pos - at;
    return w.called;
}

bool embedded_is_base64(uint8_t c)
{
    bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    bool digit = c >= '0' && c <= '9';
    bool standard = c == '+' || c == '/' || c == '=';
    bool url_safe = c == '-' || c == '_';
    return letter || digit || standard || url_safe;
}

bool embedded_is_hex(uint8_t c)
{
    uint8_t lower = c | 0x20;
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f');
}

static bool goes_on(uint8_t c, bool hex)
{
    return (hex ? embedded_is_hex(c) : embedded_is_base64(c)) || c == '\n' || c == '\r';
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
        while (i < got && goes_on(buf[i], hex)) {
            i++;
        }
        len += i;
        if (i < got) {
            break;
        }
    }
    return len < max ? len : max;
}
