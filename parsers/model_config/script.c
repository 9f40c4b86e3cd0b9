/* script.c - the code of a TorchScript archive: ROOT/code/__torch__/....py.
 *
 *   class M(Module):
 *     def __setstate__(self: __torch__.M, s: Tuple[Tensor, bool]) -> NoneType: ...
 *
 * Not Python: torch's own compiler reads it, and torch.jit.load runs each __setstate__ at once.
 * It has no way to Python, but operators of its own, some of which write and read files. Known
 * by the member's name alone: any text that stands there is compiled. */
#include "../base/parser.h"
#include "../codec/string_facts.h"

extern const struct parser script_parser;

static int bid(const struct glimpse *g)
{
    (void)g; /* the archive says so, or nobody */
    return 0;
}

static enum parse_end parse(struct object *o)
{
    bool ok = emit_format(o->sink, "torchscript-code")
              && strings_emit(o, BYTES("torchscript"), (struct bytes){ NULL, 0 },
                              (struct range){ 0, o->src->size });
    return ok ? PARSE_WHOLE : PARSE_STOPPED;
}

const struct parser script_parser = {
    "torchscript-code", bid, parse, "the code members of TorchScript archives",
    "the text was held against the rules for operators that reach files and other processes"
};
