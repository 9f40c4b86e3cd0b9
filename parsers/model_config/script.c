/* script.c - the code of a TorchScript archive: ROOT/code/__torch__/....py.
 *
 *   class M(Module):
 *     def __setstate__(self: __torch__.M, s: Tuple[Tensor, bool]) -> NoneType: ...
 *
 * torch's own compiler reads this code, and torch.jit.load runs each __setstate__ at once.  The
 * code has no access to Python, but operators of its own, some of which read and write files.  The
 * member's name alone makes a text TorchScript, whatever it contains. */
#include "../base/parser.h"
#include "../codec/string_facts.h"

extern const struct parser script_parser;

static int bid(const struct glimpse *g)
{
    (void)g; /* the archive names the parser; the text is not evidence */
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
