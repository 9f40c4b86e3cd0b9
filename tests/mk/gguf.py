"""gguf.py - GGUF files by the format's text; every field can lie."""
import struct

U8, I8, U16, I16, U32, I32, F32, BOOL, STR, ARR, U64, I64, F64 = range(13)
PACK = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "B", U64: "Q", I64: "q", F64: "d"}
TYPES = {0: (1, 4), 1: (1, 2), 2: (32, 18), 8: (32, 34), 24: (1, 1), 30: (1, 2)}


class Writer:
    def __init__(self, version=3, big=False, alignment=32):
        self.end = ">" if big else "<"
        self.version, self.alignment, self.kv, self.tensors = version, alignment, [], []

    def num(self, kind, v):
        return struct.pack(self.end + kind, v)

    def count(self, v):
        return self.num("I" if self.version == 1 else "Q", v)

    def string(self, s, n=None):
        b = s if isinstance(s, bytes) else s.encode()
        return self.count(len(b) if n is None else n) + b

    def raw(self, key, kind, value):
        self.kv.append(self.string(key) + self.num("I", kind) + value)
        return self

    def set(self, key, kind, v):
        return self.raw(key, kind, self.string(v) if kind == STR else self.num(PACK[kind], v))

    def array(self, key, kind, items, n=None):
        body = b"".join(self.string(i) if kind == STR else self.num(PACK[kind], i) for i in items)
        return self.raw(key, ARR, self.num("I", kind) + self.count(len(items) if n is None else n) + body)

    def tensor(self, name, ne=(4,), kind=0, data=None, offset=None):
        block, size = TYPES.get(kind, (1, 1))
        n = 1
        for d in ne:
            n *= d
        self.tensors.append((name, ne, kind, bytes(n // block * size) if data is None else data, offset))
        return self

    def done(self, pad=b"\0", num_kv=None, num_tensors=None, trailing=b"", version=None):
        out = b"GGUF" + self.num("I", self.version if version is None else version)
        out += self.count(len(self.tensors) if num_tensors is None else num_tensors) + self.count(len(self.kv) if num_kv is None else num_kv)
        out += b"".join(self.kv)
        data = b""
        for name, ne, kind, body, offset in self.tensors:
            out += self.string(name) + self.num("I", len(ne)) + b"".join(self.count(d) for d in ne)
            out += self.num("I", kind) + self.num("Q", len(data) if offset is None else offset)
            data += body + pad * (-len(body) % self.alignment)
        if self.tensors:
            out += pad * (-len(out) % self.alignment)
        return out + data + trailing


def base(**k): return Writer(**k).set("general.architecture", STR, "llama").set("general.name", STR, "tiny")
def plain(): return base().set("llama.block_count", U32, 2).tensor("a.weight", (4, 2)).tensor("b.weight", (32,), 2).done()
def every_type():
    w = base()
    for kind in PACK:
        w.set("x.t%d" % kind, kind, 1)
        w.array("x.a%d" % kind, kind, [1, 0])
    return w.array("x.strings", STR, ["one", "two"]).tensor("t", (4,)).done()
def version_1(): return base(version=1).tensor("t", (4,)).done()
def version_2(): return base(version=2).tensor("t", (4,)).done()
def version_4(): return base().tensor("t", (4,)).done(version=4)
def version_0(): return base().tensor("t", (4,)).done(version=0)
def big_endian(): return base(big=True).tensor("t", (4,)).done()
def no_tensors(): return base().done()
def scalar(): return base().tensor("t", (), data=bytes(4)).done()
def alignment_64(): return base(alignment=64).set("general.alignment", U32, 64).tensor("t", (4,)).done()
def template(text): return base().set("tokenizer.chat_template", STR, text).tensor("t", (4,)).done()

def alignment_0(): return base().set("general.alignment", U32, 0).tensor("t", (4,)).done()
def alignment_3(): return base().set("general.alignment", U32, 3).tensor("t", (4,)).done()
def alignment_u64(): return base().set("general.alignment", U64, 32).tensor("t", (4,)).done()
def alignment_huge(): return base().set("general.alignment", U32, 1 << 31).done()
def empty_key(): return base().set("", U8, 1).tensor("t", (4,)).done()
def odd_key(): return base().set("x\x01y", U8, 1).tensor("t", (4,)).done()
def duplicate_key(): return base().set("x", U8, 1).set("x", U8, 2).tensor("t", (4,)).done()
def bad_type(): return base().raw("x", 13, bytes(8)).tensor("t", (4,)).done()
def nested_array(): return base().raw("x", ARR, struct.pack("<IQ", ARR, 1) + bytes(16)).tensor("t", (4,)).done()
def odd_bool(): return base().set("x", BOOL, 2).tensor("t", (4,)).done()
def array_lies(): return base().array("x", U8, [1], n=1 << 63).done()
def string_lies(): return base().raw("x", STR, struct.pack("<Q", (1 << 64) - 1)).done()
def kv_lies(): return base().tensor("t", (4,)).done(num_kv=1 << 62)
def tensors_lie(): return base().tensor("t", (4,)).done(num_tensors=1 << 62)
def long_name(): return base().tensor("n" * 64, (4,)).done()
def name_63(): return base().tensor("n" * 63, (4,)).done()
def duplicate_name(): return base().tensor("t", (4,)).tensor("t", (4,)).done()
def duplicate_name_nul(): return base().tensor("t", (4,)).tensor("t\0x", (4,)).done()
def empty_name(): return base().tensor("", (4,)).done()
def five_dims(): return base().tensor("t", (1, 1, 1, 1, 1)).done()
def negative_dim(): return base().tensor("t", (1 << 63,), data=bytes(16)).done()
def overflow_to_zero(): return base().tensor("t", (1 << 32, 1 << 32), 24, data=b"").done()
def overflow_negative(): return base().tensor("t", (1 << 32, 1 << 31), 24, data=b"").done()
def removed_type(): return base().tensor("t", (32,), 4, data=bytes(32)).done()
def fork_type(): return base().tensor("t", (32,), 99, data=bytes(32)).done()
def half_block(): return base().tensor("t", (33,), 2, data=bytes(32)).done()
def wrong_offset(): return base().tensor("t", (4,)).tensor("u", (4,), offset=64).done()
def past_end(): return base().tensor("t", (400,), data=bytes(32)).done()
def nonzero_padding(): return base().tensor("t", (4,)).tensor("u", (4,)).done(pad=b"\x90")
def trailing(): return base().tensor("t", (8,)).done(trailing=b"xxxx")
def trailing_large(): return base().tensor("t", (8,)).done(trailing=b"x" * 5000)
def after_kv(): return base().done(trailing=b"x" * 5000)
def vocabulary(): return base().array("tokenizer.ggml.tokens", STR, ["a", "b"]).array("tokenizer.ggml.scores", F32, [0, 1]).array("tokenizer.ggml.token_type", I32, [1, 1]).tensor("t", (4,)).done()
def bad_scores(): return base().array("tokenizer.ggml.tokens", STR, ["a", "b"]).array("tokenizer.ggml.scores", F32, [0]).tensor("t", (4,)).done()
def long_template(): return template("{{ x }}" * 40000)
def late_template(): return template("{# " + "x" * 70000 + " #}{{ ''.__class__.__mro__ }}")
def late_in_vocabulary(): return base().array("tokenizer.ggml.tokens", STR, ["tok%d" % i for i in range(9000)] + ["AKIAIOSFODNN7EXAMPL2"]).tensor("t", (4,)).done()
def padding_large():
    import random
    w = base(alignment=8192).set("general.alignment", U32, 8192).tensor("t", (4,)).tensor("u", (2048,))
    out = w.done()
    noise = random.Random(2).randbytes(8000)
    at = len(out) - 8192 - len(noise) - 100
    return out[:at] + noise + out[at + len(noise):]
