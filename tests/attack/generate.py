"""Pickles of a seed: built from allowed entries, or honest ones with strings and globals replaced."""
import pathlib
import pickletools
import random
import struct

MARK, STOP, NONE, TRUE = b"(", b".", b"N", b"\x88"
ATTRIBUTES = ("__class__", "__dict__", "__reduce__", "__globals__", "__code__", "__builtins__", "__wrapped__", "__init__", "__call__", "__getitem__",
              "__doc__", "func", "args", "keywords", "name", "path", "filename", "file", "module", "dtype", "data", "_data", "_name", "fn", "backend",
              "base", "mode", "shape", "state", "_state", "estimator", "steps", "default_factory", "callback", "_parameters", "_modules", "url", "expr")
DTYPES = ("O", "f8", "i4", "U5", "S3", "V8", "O8,f8", "M8[s]", "f4,(2,2)f8", "bool", "uint8", "category", "Int64", "string", "period[D]", "Sparse[int]")


def text(s):
    b = s.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(b)) + b


def blob(b):
    return b"B" + struct.pack("<I", len(b)) + b


def word(module, name):
    """STACK_GLOBAL: dotted names are walked from protocol 4 on."""
    return text(module) + text(name) + b"\x93"


def hostile(canary):
    """Strings that leave a trace if anything runs, opens or imports them."""
    module, trace = f"{canary.name}_module", f"{canary}/ran"
    code = f"__import__('builtins').open('{trace}', 'w')"
    return [module, f"{module}.RAN", f"{module}:RAN", trace, f"{canary}/data.npy", f"{canary}/data.json", str(canary), f"file://{canary}/data.json",
            code, f"lambda x: {code}", f"@{code}", f"[{code} for x in (1,)][0]", f"{{{code}}}", f"${{{code}}}", f"class x: y = {code}", f"x = {code}\n",
            f"touch {trace}", f"os.system('touch {trace}')", f"!!python/object/apply:os.system ['touch {trace}']", f"def f(x):\n    {code}\n",
            "os.system", "os", "builtins.eval", "eval"]


def honest(root):
    """The opcodes of the honest pickles in the corpus: [[(name, argument, bytes)]]"""
    out = []
    for path in sorted((root / "corpus/benign").rglob("*.pkl")):
        data = path.read_bytes()
        try:
            ops = list(pickletools.genops(data))
        except Exception:                         # arrays of joblib lie between its opcodes
            continue
        ends = [at for _, _, at in ops[1:]] + [len(data)]
        out.append([(op.name, arg, data[at:end]) for (op, arg, at), end in zip(ops, ends)])
    return out


class Maker:
    """maker(seed) -> bytes, the same ones for the same lists."""
    def __init__(self, entries, canary, pickles):
        self.words, self.pickles = hostile(canary), pickles
        self.all = sorted(entries)
        self.having = {use: [e for e in self.all if use in entries[e]] for use in ("call", "new", "build", "method", "argument", "import")}
        modules = sorted({m for m, _ in self.all})
        self.near = {m: [e for e in self.all if e[0] == m] for m in modules}

    def __call__(self, seed):
        self.r = random.Random(seed)
        if self.pickles and self.r.random() < 0.5:
            return self.mutated()
        return b"\x80\x04" + self.thing(3) + STOP

    # --- honest ones, changed ---
    def mutated(self):
        ops = self.r.choice(self.pickles)
        rate = self.r.choice((1, 1, 2, 4)) / max(1, sum(op in ("GLOBAL", "STACK_GLOBAL") or "UNICODE" in op for op, _, _ in ops))
        return b"".join(self.changed(op, arg, raw) if self.r.random() < rate else raw for op, arg, raw in ops)

    def changed(self, op, arg, raw):
        if op == "GLOBAL":
            return word(*self.entry(self.r.choice(("call", "new", "build", "argument")))) if self.r.random() < 0.8 else raw
        if op == "STACK_GLOBAL":
            return raw + b"0" + word(*self.entry(self.r.choice(("call", "new", "build", "argument"))))
        if op in ("SHORT_BINUNICODE", "BINUNICODE", "UNICODE", "SHORT_BINSTRING", "BINSTRING"):
            return self.value(1)
        if op in ("NONE", "EMPTY_DICT", "EMPTY_TUPLE", "EMPTY_LIST", "BININT1", "BININT", "NEWTRUE", "NEWFALSE"):
            return self.value(2)
        if op in ("BUILD", "REDUCE", "NEWOBJ") and self.r.random() < 0.5:
            return raw + self.value(1) + b"b"
        return raw

    # --- new ones ---
    def entry(self, use):
        near = [e for e in self.near.get(getattr(self, "last", ("", ""))[0], ()) if e in self.having[use]] if self.r.random() < 0.3 else None
        self.last = self.r.choice(near or self.having[use])
        return self.last

    def string(self):
        kind = self.r.random()
        return self.r.choice(self.words) if kind < 0.5 else self.r.choice(ATTRIBUTES) if kind < 0.8 else self.r.choice(DTYPES)

    def plain(self):
        r = self.r
        return r.choice((lambda: text(self.string()), lambda: text(self.string()), lambda: blob(self.nested()), lambda: NONE, lambda: TRUE,
                         lambda: b"K" + bytes([r.randrange(5)]), lambda: b"J" + struct.pack("<i", r.randrange(-3, 300)),
                         lambda: b"G" + struct.pack(">d", r.random()), lambda: b"}", lambda: b")", lambda: b"]"))()

    def nested(self):
        """Bytes that do something where somebody unpickles them."""
        return b"\x80\x04" + text(self.words[0]) + text("RAN") + b"\x93."

    def value(self, depth):
        kind = self.r.random()
        if depth <= 0 or kind < 0.4:
            return self.plain()
        if kind < 0.6:
            return word(*self.entry(self.r.choice(("argument", "argument", "import"))))
        if kind < 0.7:
            return self.mapping(depth - 1)
        if kind < 0.85:
            return self.several(depth - 1, self.r.choice((b"t", b"l")))
        return self.thing(depth - 1)

    def several(self, depth, end=b"t"):
        return MARK + b"".join(self.value(depth) for _ in range(self.r.choice((0, 1, 1, 1, 2, 2, 3, 4, 6)))) + end

    def mapping(self, depth):
        return MARK + b"".join(text(self.string()) + self.value(depth) for _ in range(self.r.randrange(4))) + b"d"

    def thing(self, depth):
        """Something that is called or made, and what is done to it afterwards."""
        how = self.r.choice(("call", "call", "call", "new", "build"))
        made = word(*self.entry(how)) + self.several(depth)
        if how != "call":
            made = word(*self.last) + (b")" if self.r.random() < 0.7 else self.several(depth)) + b"\x81"
        else:
            made += b"R"
        return made + b"".join(self.deed(depth) for _ in range(self.r.choice((0, 1, 1, 2))))

    def deed(self, depth):
        return self.r.choice((lambda: self.mapping(depth) + b"b", lambda: self.value(depth) + b"b", lambda: NONE + self.mapping(depth) + b"\x86b",
                              lambda: MARK + text(self.string()) + self.value(depth) + b"u", lambda: MARK + self.value(depth) + b"e",
                              lambda: self.value(depth) + b"a", lambda: MARK + self.value(depth) + b"\x90",
                              lambda: b"\x940}h\x00" + self.value(depth) + b"s"))()
