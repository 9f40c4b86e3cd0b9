/* attribute_path.c - attribute paths that a file prepares to be walked later.
 *
 * operator.attrgetter(path, ...) and methodcaller(name, ...) keep names. Where the file itself
 * calls them the machine reports what they reach; where a library calls them it is unknown on
 * what. So the names are looked at when they are kept: honest ones are columns and settings, not
 * the ways by which any object leads to any module (a function's globals, a frame, a module that
 * another one imported), nor the methods of allowed classes that write files or evaluate text. */
#include "vm.h"

/* Default deny: beside frames and modules, every path has write_text, every table query, every
 * array tofile. */
static bool is_risky_attribute(struct bytes part)
{
    static const char *const plain[] = { "str",
                                         "dt",
                                         "cat",
                                         "len",
                                         "name",
                                         "names",
                                         "shape",
                                         "dtype",
                                         "ndim",
                                         "size",
                                         "real",
                                         "imag",
                                         "T",
                                         "values",
                                         "index",
                                         "columns",
                                         "lower",
                                         "upper",
                                         "strip",
                                         "title",
                                         "year",
                                         "month",
                                         "day",
                                         "hour",
                                         "minute",
                                         "second",
                                         "weekday",
                                         "dayofweek",
                                         "quarter",
                                         "lr",
                                         "weight_decay",
                                         "momentum",
                                         "epoch",
                                         "loss",
                                         "id",
                                         "key",
                                         "value",
                                         "label",
                                         "score",
                                         "text",
                                         "weight",
                                         "bias",
                                         "coef_",
                                         "feature_importances_",
                                         "best_estimator_",
                                         "estimator_",
                                         "regressor_",
                                         "classifier_",
                                         "scores_",
                                         "classes_",
                                         "components_" };
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (bytes_eq(part, bytes_of(plain[i]))) {
            return false;
        }
    }
    return true;
}

static bool path_leads_on(struct bytes path)
{
    size_t from = 0;
    for (size_t i = 0; i <= path.n; i++) {
        if (i == path.n || path.p[i] == '.') {
            if (is_risky_attribute(bytes_sub(path, from, i - from))) {
                return true;
            }
            from = i + 1;
        }
    }
    return false;
}

/* Every argument: attrgetter takes several. One that is no constant, or is out of sight, may be
 * any name. */
bool path_kept(struct vm *m, struct val args)
{
    const struct tuple *t = tuple_get(m, args);
    bool leads = t == NULL || t->n > BOUND_pickle_tuple_items;
    for (uint64_t i = 0; t != NULL && i < t->n && i < BOUND_pickle_tuple_items && !leads; i++) {
        struct text name;
        if (val_kind(t->items[i]) != K_TEXT) {
            leads = true;
        } else if (!text_read(m, t->items[i], m->o->budget->max[LIMIT_pickle_text_bytes], &name)) {
            if (m->o->budget->exceeded != NUM_LIMITS) {
                return false;
            }
            leads = true;
        } else {
            leads = path_leads_on((struct bytes){ name.p, name.n });
            text_done(m, &name);
        }
    }
    return !leads
           || emit_anomaly(m->o->sink, (struct range){ m->at, 0 }, "pickle-attribute-path",
                           "an attribute getter keeps a name that is not plain data: methods, "
                           "modules and frames are reached so");
}
