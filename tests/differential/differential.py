#!/usr/bin/env python3
"""CPython is the oracle: every import that either unpickler resolves is in our facts.

Pickles are generated (all opcodes, memo games, marks, mutations, truncations);
find_class hands out inert recorders, so nothing runs.
usage: differential.py BINARY N SEED
"""
import functools
import io
import json
import os
import pickle
import random
import resource
import struct
import subprocess
import sys
import tempfile

NAMES = [("os", "system"), ("posix", "popen"), ("builtins", "eval"), ("__builtin__", "getattr"), ("collections", "OrderedDict"),
         ("torch._utils", "_rebuild_tensor_v2"), ("a.b", "c.d"), ("copy_reg", "_reconstructor"), ("commands", "getoutput"),
         ("pathlib", "os.system"), ("x", "Y"), ("itertools", "izip")]


class Recorder:
    """Stands for whatever was imported: callable, stateful, a container."""
    def __init__(self, *args, **kwargs): pass
    def __new__(cls, *args, **kwargs): return object.__new__(Recorder)
    def __call__(self, *args, **kwargs): return Recorder()
    def __setstate__(self, state): pass
    def __setitem__(self, key, value): pass
    def append(self, item): pass
    def extend(self, items): pass
    def add(self, item): pass
    def __hash__(self): return 1


@functools.cache
def is_class(n):
    """Whether the n-th import of a pickle is a class, or an object of one."""
    return random.Random(n).random() < 0.5


@functools.cache
def recording(base):
    """An unpickler that notes in `seen` what it imports."""

    class Unpickler(base):
        seen = set()

        def find_class(self, module, name):
            if self.protocol_below_3():
                import _compat_pickle as compat
                if (module, name) in compat.NAME_MAPPING:
                    module, name = compat.NAME_MAPPING[module, name]
                elif module in compat.IMPORT_MAPPING:
                    module = compat.IMPORT_MAPPING[module]
            self.seen.add((module, name))
            return Recorder if is_class(len(self.seen)) else Recorder()

        def protocol_below_3(self):
            return getattr(self, "proto", None) is not None and self.proto < 3

        def persistent_load(self, pid):
            return Recorder()

        def get_extension(self, code):
            self.append(Recorder)                  # as CPython's own, which pushes what it found
    return Unpickler


def oracle(base, data):
    unpickler = recording(base)
    unpickler.seen = set()
    stream = io.BytesIO(data)
    while True:
        try:
            at = stream.tell()
            unpickler(stream).load()
            if stream.tell() <= at:
                break
        except BaseException:
            break
    return unpickler.seen


def plausible(dotted):
    """Dotted identifiers: no import can succeed on anything else, and tries that meet one are forgotten."""
    return dotted.isascii() and all(part.isidentifier() for part in dotted.split("."))


def text(r, s):
    b = s.encode()
    return r.choice([lambda: b"X" + struct.pack("<I", len(b)) + b, lambda: b"\x8c" + bytes([len(b)]) + b, lambda: b"V" + b + b"\n",
                     lambda: b"S'" + b + b"'\n", lambda: b"U" + bytes([len(b)]) + b, lambda: b"\x8d" + struct.pack("<Q", len(b)) + b,
                     lambda: b"V" + b"".join(b"\\u%04x" % c for c in b) + b"\n", lambda: b"T" + struct.pack("<i", len(b)) + b,
                     lambda: b"S'" + b"".join(b"\\x%02x" % c for c in b) + b"'\n"])()


def value(r, depth):
    choices = [lambda: b"N", lambda: b"K" + bytes([r.randrange(256)]), lambda: b"I%d\n" % r.randrange(99), lambda: b"I01\n",
               lambda: b"L%dL\n" % r.randrange(99), lambda: b"F1.5\n", lambda: text(r, r.choice("abc") * r.randrange(5)), lambda: b"]",
               lambda: b"}", lambda: b")", lambda: b"\x8f", lambda: b"C\x02ab", lambda: b"\x88", lambda: b"G" + bytes(8),
               lambda: b"M\x01\x02", lambda: b"J\x01\x02\x03\x04", lambda: b"\x8a\x01\x05"]
    if depth > 0:
        choices += [lambda: call(r, depth - 1)] * 6 + [lambda: b"(" + value(r, depth - 1) + b"t", lambda: b"(" + value(r, depth - 1) + b"l",
                    lambda: value(r, depth - 1) + b"\x85", lambda: value(r, depth - 1) + b"q\x01", lambda: value(r, depth - 1) + b"\x94h\x00",
                    lambda: value(r, depth - 1) + b"2" + b"0", lambda: value(r, depth - 1) + b"p5\ng5\n0", lambda: value(r, depth - 1) + b"Q"]
    return r.choice(choices)()


def imported(r):
    module, name = r.choice(NAMES)
    if r.random() < 0.5:
        return b"c" + module.encode() + b"\n" + name.encode() + b"\n"
    if r.random() < 0.3:                               # through the memo, in the other order
        return text(r, name) + b"r\x07\x00\x00\x000" + text(r, module) + b"j\x07\x00\x00\x00\x93"
    return text(r, module) + text(r, name) + b"\x93"


def call(r, depth):
    g = imported(r)
    module, name = r.choice(NAMES)
    return r.choice([lambda: g + value(r, depth) + b"\x85R", lambda: g + b")\x81", lambda: g + b")}\x92", lambda: g + b")R}b",
                     lambda: b"(" + g + value(r, depth) + b"o", lambda: b"(" + value(r, depth) + b"i" + module.encode() + b"\n" + name.encode() + b"\n",
                     lambda: g + b")R" + value(r, depth) + b"a", lambda: g + b")R(" + value(r, depth) + b"e",
                     lambda: g + b")R(" + value(r, depth) + value(r, depth) + b"u", lambda: g])()


def one(r):
    data = b""
    for _ in range(r.choice([1, 1, 1, 2, 3])):
        body = b"".join(value(r, 4) + r.choice([b"", b"0", b"q\x03", b"\x94"]) for _ in range(r.randrange(1, 4))) + b"."
        if r.random() < 0.2:
            body = b"\x95" + struct.pack("<Q", len(body)) + body
        if r.random() < 0.8:
            body = bytes([0x80, r.randrange(6)]) + body
        data += body
    how = r.random()
    if how < 0.15:
        data = data[:r.randrange(1, len(data) + 1)]
    elif how < 0.35:
        b = bytearray(data)
        for _ in range(r.randrange(1, 4)):
            b[r.randrange(len(b))] = r.choice([r.randrange(256), ord(r.choice("(.0RtcN)}]ab12"))])
        data = bytes(b)
    return data


def main():
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, before[1]))   # LONG_BINPUT 2^32-1 makes CPython's memo 32 GiB
    binary, total, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    r, missed, done = random.Random(seed), 0, 0
    while done < total:
        batch = {f"{i:06d}": one(r) for i in range(min(5000, total - done))}
        with tempfile.TemporaryDirectory(dir=memory) as folder:
            for name, data in batch.items():
                with open(os.path.join(folder, name), "wb") as f:
                    f.write(data)
            run = subprocess.run([binary, "inspect", folder], capture_output=True,
                                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, before))   # a sanitizer needs more
        ours = {}
        for line in run.stdout.splitlines():
            fact = json.loads(line)
            if fact["fact"] == "import":
                ours.setdefault(os.path.basename(fact["where"]), set()).add((fact.get("module", ""), fact.get("name", "")))
        for name, data in batch.items():
            for base in (pickle.Unpickler, pickle._Unpickler):
                lost = {(m, n) for m, n in oracle(base, data)} - ours.get(name, set())
                lost = {(m, n) for m, n in lost if plausible(m) and plausible(n)}
                if lost and base is pickle._Unpickler:
                    missed += 1
                    if missed <= 5:
                        print("missed", sorted(lost), data.hex())
                elif lost:                             # the C unpickler does not show its protocol: either mapping will do
                    import _compat_pickle as compat
                    mapped = {compat.NAME_MAPPING.get(k, (compat.IMPORT_MAPPING.get(k[0], k[0]), k[1])) for k in lost}
                    if mapped - ours.get(name, set()):
                        missed += 1
                        if missed <= 5:
                            print("missed (C)", sorted(lost), data.hex())
        done += len(batch)
    print(f"differential: {int(missed == 0)} passed, {int(missed > 0)} failed ({done} checks)")
    return missed > 0


if __name__ == "__main__":
    sys.exit(main())
