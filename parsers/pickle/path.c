/* path.c - attribute paths that a file prepares to be walked later.
 *
 * operator.attrgetter(path, ...) and methodcaller(name, ...) keep names.  Where the file itself calls
 * them the machine reports what they reach; where a library calls them nobody sees on what.  So the
 * names are looked at when they are kept: honest ones are columns and settings, not the ways by which
 * any object leads to any module (a function's globals, a frame, a module that another one imported). */
#include "machine.h"

static bool leads_on(struct bytes part)
{
    static const char *const names[] = { "os", "sys", "posix", "nt", "subprocess", "builtins", "importlib", "shutil", "ctypes",
        "pickle", "modules", "eval", "exec", "system", "popen", "find_class", "gi_frame", "cr_frame", "ag_frame", "tb_frame",
        "f_globals", "f_builtins", "f_locals", "f_back", "func_globals", "gi_code" };
    if (bytes_start(part, BYTES("__"))) {
        return true;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (bytes_eq(part, bytes_of(names[i]))) {
            return true;
        }
    }
    return false;
}

static bool path_leads_on(struct bytes path)
{
    size_t from = 0;
    for (size_t i = 0; i <= path.n; i++) {
        if (i == path.n || path.p[i] == '.') {
            if (leads_on(bytes_sub(path, from, i - from))) {
                return true;
            }
            from = i + 1;
        }
    }
    return false;
}

/* Every argument: attrgetter takes several.  One that is no constant, or is out of sight, may be any name. */
bool path_kept(struct machine *m, struct val args)
{
    const struct tuple *t = tuple_get(m, args);
    bool leads = t == NULL || t->n > TUPLE_ITEMS;
    for (uint64_t i = 0; t != NULL && i < t->n && i < TUPLE_ITEMS && !leads; i++) {
        struct text name;
        if (val_kind(t->items[i]) != K_TEXT) {
            leads = true;
        } else if (!text_read(m, t->items[i], m->o->budget->max[LIMIT_pickle_text_bytes], &name)) {
            return m->o->budget->hit == NUM_LIMITS;
        } else {
            leads = path_leads_on((struct bytes){ name.p, name.n });
            text_done(m, &name);
        }
    }
    return !leads || emit_anomaly(m->o->sink, (struct range){ m->at, 0 }, "pickle-attribute-path",
                                  "an attribute getter keeps a name by which an object leads to modules and frames");
}
