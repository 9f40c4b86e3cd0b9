/* layouts.c - archives whose members have a meaning to one loader, which plain zips do not have.
 *
 *   ROOT/.data/extern_modules   torch.package: PackageImporter runs the Python modules in it
 *   MAR-INF/MANIFEST.json       TorchServe: the handler is imported when the model is registered
 *   schema.json                 skops: names the classes that are built
 */
#include "directories.h"

static uint8_t lower(uint8_t b) { return b >= 'A' && b <= 'Z' ? (uint8_t)(b + 32) : b; }

/* torch's zip reader takes a name in any case. */
static bool ends_with(struct bytes name, struct bytes end)
{
    if (name.n < end.n) {
        return false;
    }
    for (size_t i = 0; i < end.n; i++) {
        if (lower(name.p[name.n - end.n + i]) != end.p[i]) {
            return false;
        }
    }
    return true;
}

static enum zip_layout layout_by(struct bytes name)
{
    if (ends_with(name, BYTES(".data/extern_modules"))) {
        return ZIP_TORCH_PACKAGE;
    }
    if (ends_with(name, BYTES("mar-inf/manifest.json"))) {
        return ZIP_TORCHSERVE;
    }
    return bytes_eq(name, BYTES("schema.json")) ? ZIP_SKOPS : ZIP_PLAIN;
}

static struct bytes own_name(const struct zip *z, size_t i)
{
    const struct zip_entry *e = &z->central[i];
    if (z->dirs[e->dir].nested) {
        return (struct bytes){ 0 };
    }
    return zip_name(z, e);
}

enum zip_layout zip_layout_of(const struct zip *z)
{
    enum zip_layout found = ZIP_PLAIN;
    for (size_t i = 0; i < z->num_central; i++) {
        enum zip_layout layout = layout_by(own_name(z, i));
        found = layout > found ? layout : found;
    }
    return found;
}

/* The Python modules of the archive, which its loader runs. */
static bool note_modules(struct zip *z, const char *slug, const char *what)
{
    for (size_t i = 0; i < z->num_central; i++) {
        const struct zip_entry *e = &z->central[i];
        struct zip_note n = { .slug = slug, .loader = "accepts", .at = { e->at, e->bytes } };
        struct bytes name = own_name(z, i);
        if (ends_with(name, BYTES(".py")) && !zip_note_name(z, n, name, what)) {
            return false;
        }
    }
    return true;
}

bool zip_check_layout(struct zip *z)
{
    struct zip_note n = { .slug = "skops-types", .loader = "accepts", .at = { 0, 0 } };
    switch (zip_layout_of(z)) {
    case ZIP_PLAIN: break;
    case ZIP_SKOPS:
        z->unsupported = true;
        return zip_note(z, n, "the classes that schema.json names are not judged yet");
    case ZIP_TORCHSERVE:
        return note_modules(z, "torchserve-code", "code that TorchServe imports with the model");
    case ZIP_TORCH_PACKAGE:
        return note_modules(z, "torch-package-code", "a module that torch.package runs");
    }
    return true;
}
