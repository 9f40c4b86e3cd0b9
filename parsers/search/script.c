/* script.c - "#!", an interpreter that there is, a line end, text behind it. */
#include "executable.h"

#include <string.h>

/* bytes */
enum { MAX_LINE = 256, MIN_TEXT = 4, LOOK_TEXT = 16, MAX_TEXT = 4096 };

static const char *const interpreters[] = {
    "sh",      "bash",   "dash", "zsh",       "ksh",   "ash",  "csh",    "tcsh", "fish",
    "busybox", "python", "pypy", "perl",      "ruby",  "node", "nodejs", "deno", "bun",
    "php",     "lua",    "pwsh", "osascript", "awk",   "gawk", "mawk",   "sed",  "make",
    "expect",  "tclsh",  "wish", "Rscript",   "julia", "java", "groovy"
};

static bool text(uint8_t c)
{
    return (c >= 0x20 && c != 0x7f) || c == '\t' || c == '\r' || c == '\n'; /* UTF-8 counts */
}

static struct bytes next_word(struct bytes line, size_t *at)
{
    while (*at < line.n && (line.p[*at] == ' ' || line.p[*at] == '\t')) {
        ++*at;
    }
    size_t from = *at;
    while (*at < line.n && line.p[*at] != ' ' && line.p[*at] != '\t' && line.p[*at] != '\r') {
        ++*at;
    }
    return bytes_sub(line, from, *at - from);
}

/* "/usr/bin/python3.11" -> "python" */
static struct bytes program(struct bytes path)
{
    size_t from = 0, to = path.n;
    for (size_t i = 0; i < path.n; i++) {
        from = path.p[i] == '/' ? i + 1 : from;
    }
    while (to > from
           && ((path.p[to - 1] >= '0' && path.p[to - 1] <= '9') || path.p[to - 1] == '.'
               || path.p[to - 1] == '-')) {
        to--;
    }
    return bytes_sub(path, from, to - from);
}

static bool known(struct bytes name)
{
    for (size_t i = 0; i < sizeof interpreters / sizeof interpreters[0]; i++) {
        if (bytes_eq(name, bytes_of(interpreters[i]))) {
            return true;
        }
    }
    return false;
}

/* env takes options and NAME=value before the program. */
static struct bytes after_env(struct bytes line, size_t *at)
{
    struct bytes word = next_word(line, at);
    for (int i = 0;
         i < 8 && word.n > 0 && (word.p[0] == '-' || memchr(word.p, '=', word.n) != NULL); i++) {
        word = next_word(line, at);
    }
    return word;
}

bool script_line(struct bytes b, size_t *line_bytes, char machine[32])
{
    struct cursor c = cur_of(b, 0);
    struct bytes line;
    size_t at = 2;
    if (!cur_until(&c, '\n', MAX_LINE, &line) || !bytes_start(line, BYTES("#!"))) {
        return false;
    }
    struct bytes path = next_word(line, &at), name = program(path);
    if (!bytes_start(path, BYTES("/"))) {
        return false;
    }
    if (bytes_eq(name, BYTES("env"))) {
        name = program(after_env(line, &at));
    }
    if (!known(name)) {
        return false;
    }
    memset(machine, 0, 32);
    memcpy(machine, name.p, name.n < 31 ? name.n : 31);
    *line_bytes = line.n + 1;
    return true;
}

/* How much text there is, up to the first byte that is none; 4 KiB at most. */
static uint64_t text_bytes(struct view *v, uint64_t from)
{
    uint64_t at = from;
    struct cursor c;
    while (at - from < MAX_TEXT && view_some(v, at, MAX_TEXT, &c) && cur_left(&c) > 0) {
        for (size_t i = 0; i < c.n; i++) {
            if (!text(c.p[i])) {
                return at + i - from;
            }
        }
        at += c.n;
    }
    return at - from;
}

bool script_confirm(struct view *v, struct exec *e)
{
    struct cursor c;
    size_t line;
    if (!view_some(v, 0, MAX_LINE + 2, &c)
        || !script_line((struct bytes){ c.p, c.n }, &line, e->machine)) {
        return false;
    }
    uint64_t behind = text_bytes(v, line), left = view_left(v) - line;
    if (behind < MIN_TEXT || (behind < LOOK_TEXT && behind < left)) {
        return false;
    }
    e->kind = "script";
    e->size = num_of(line + behind);
    return true;
}
