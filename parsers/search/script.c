/* script.c - scripts: "#!", a known interpreter, the end of the line, and text. */
#include "executable.h"

#include <string.h>

enum {
    MAX_LINE = 256, /* bytes of the first line; kernels read no more */
    MAX_ENV_WORDS = 8, /* options and variables of env that are skipped */
    MIN_TEXT = 4, /* bytes of the shortest script */
    LOOK_TEXT = 16, /* bytes of text that chance does not yield */
    MAX_TEXT = 4096 /* bytes of text that are read */
};

static const char *const interpreters[] = {
    "sh",      "bash",   "dash", "zsh",       "ksh",   "ash",  "csh",    "tcsh", "fish",
    "busybox", "python", "pypy", "perl",      "ruby",  "node", "nodejs", "deno", "bun",
    "php",     "lua",    "pwsh", "osascript", "awk",   "gawk", "mawk",   "sed",  "make",
    "expect",  "tclsh",  "wish", "Rscript",   "julia", "java", "groovy"
};

/* Bytes of ASCII and UTF-8 text. */
static bool is_text(uint8_t c)
{
    bool is_blank = c == '\t' || c == '\r' || c == '\n';
    return is_blank || (c >= 0x20 && c != 0x7f);
}

static bool is_blank(uint8_t c) { return c == ' ' || c == '\t'; }

static struct bytes next_word(struct bytes line, size_t *at)
{
    while (*at < line.n && is_blank(line.p[*at])) {
        ++*at;
    }
    size_t from = *at;
    while (*at < line.n && !is_blank(line.p[*at]) && line.p[*at] != '\r') {
        ++*at;
    }
    return bytes_sub(line, from, *at - from);
}

static bool is_version(uint8_t c) { return (c >= '0' && c <= '9') || c == '.' || c == '-'; }

/* The name of a program without its folder and version: "python" of "/usr/bin/python3.11". */
static struct bytes program_of(struct bytes path)
{
    size_t from = 0;
    size_t to = path.n;
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '/') {
            from = i + 1;
        }
    }

    while (to > from && is_version(path.p[to - 1])) {
        to--;
    }

    return bytes_sub(path, from, to - from);
}

static bool is_interpreter(struct bytes name)
{
    for (size_t i = 0; i < sizeof interpreters / sizeof interpreters[0]; i++) {
        if (bytes_eq(name, bytes_of(interpreters[i]))) {
            return true;
        }
    }
    return false;
}

/* An option or NAME=value, which env accepts before the program. */
static bool is_env_argument(struct bytes word)
{
    return word.n > 0 && (word.p[0] == '-' || memchr(word.p, '=', word.n) != NULL);
}

/* The program that env starts. */
static struct bytes program_of_env(struct bytes line, size_t *at)
{
    struct bytes word = next_word(line, at);
    for (int i = 0; i < MAX_ENV_WORDS && is_env_argument(word); i++) {
        word = next_word(line, at);
    }
    return program_of(word);
}

bool script_line(struct bytes b, size_t *line_bytes, char machine[EXEC_MACHINE])
{
    struct cursor c = cur_of(b, 0);
    struct bytes line;
    size_t at = 2;
    if (!cur_until(&c, '\n', MAX_LINE, &line) || !bytes_start(line, BYTES("#!"))) {
        return false;
    }

    struct bytes path = next_word(line, &at);
    struct bytes name = program_of(path);
    if (!bytes_start(path, BYTES("/"))) {
        return false;
    }
    if (bytes_eq(name, BYTES("env"))) {
        name = program_of_env(line, &at);
    }
    if (!is_interpreter(name)) {
        return false;
    }

    memset(machine, 0, EXEC_MACHINE);
    memcpy(machine, name.p, name.n < EXEC_MACHINE - 1 ? name.n : EXEC_MACHINE - 1);
    *line_bytes = line.n + 1;
    return true;
}

/* Bytes of text from an offset on, at most about MAX_TEXT. */
static uint64_t count_text(struct view *v, uint64_t from)
{
    uint64_t at = from;
    struct cursor c;
    while (at - from < MAX_TEXT && view_some(v, at, MAX_TEXT, &c) && cur_left(&c) > 0) {
        for (size_t i = 0; i < c.n; i++) {
            if (!is_text(c.p[i])) {
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

    uint64_t text = count_text(v, line);
    uint64_t left = view_left(v) - line;
    if (text < MIN_TEXT || (text < LOOK_TEXT && text < left)) {
        return false;
    }

    e->kind = "script";
    e->size = num_of(line + text);
    return true;
}
