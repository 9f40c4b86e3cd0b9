"""Recipes: readable texts under corpus/ that become hostile (or honest) files.

    # why this file exists
    kind: pickle            pickle | torch-zip | zip-member NAME | call MODULE.FUNCTION | text | hex
                            | metadata | chat-template | torchscript [MEMBER] | keras
    suffix: .pkl
    verdict: malicious
    rules: PICKLE-EXEC-001
    valid-cuts: 17 20-30    lengths at which a loader takes the cut file, too
    beside: w.bin 8         a file of 8 zeros next to it; "linked" gives it a second name

    PROTO 2
    ...
"""
import importlib
import io
import os
import pathlib
import zipfile

from . import asm, gguf, safetensors


class Recipe:
    def __init__(self, path, name):
        self.name, self.fields, self.body = name, {}, []
        in_body = False
        for line in path.read_text(encoding="utf-8").splitlines():
            if in_body:
                self.body.append(line)
            elif not line.strip():
                in_body = bool(self.fields)
            elif not line.startswith("#"):
                key, _, value = line.partition(":")
                self.fields[key.strip()] = value.strip()

    def words(self, key):
        return self.fields.get(key, "").replace(",", " ").split()

    def cuts(self):
        """The lengths of valid-cuts: 17 or 219-300."""
        out = set()
        for word in self.words("valid-cuts"):
            first, _, last = word.partition("-")
            out.update(range(int(first), int(last or first) + 1))
        return out

    @property
    def verdict(self):
        return self.fields["verdict"]

    @property
    def suffix(self):
        return self.fields.get("suffix", ".pkl")

    def write_beside(self, path):
        """The file that `beside: NAME LENGTH [linked]` puts next to it."""
        words = self.fields.get("beside", "").split()
        if words:
            other = path.parent / words[0]
            other.unlink(missing_ok=True)
            other.write_bytes(bytes(int(words[1])))
            if "linked" in words:
                second = path.parent / (words[0] + ".second")
                second.unlink(missing_ok=True)
                second.hardlink_to(other)

    def data(self):
        """The bytes of the file, from CORPUS (see mk.py) where that is set."""
        built = os.environ.get("CORPUS")
        return pathlib.Path(built, self.name + self.suffix).read_bytes() if built else self.build()

    def build(self):
        kind, _, rest = self.fields["kind"].partition(" ")
        if kind == "pickle":
            return asm.assemble(self.body)
        if kind == "torch-zip":
            return torch_zip(asm.assemble(self.body))
        if kind == "zip-member":
            return plain_zip({rest: asm.assemble(self.body)})
        if kind == "call":
            module, _, function = rest.rpartition(".")
            return getattr(importlib.import_module("mk." + module), function)()
        if kind == "torchscript":                  # the body as the code of the archive's one class
            return torchscript("\n".join(self.body), rest or "code/__torch__.py")
        if kind == "keras":                        # the body as the configuration of a model of Keras 3
            return plain_zip({"metadata.json": b'{"keras_version": "3.3.3"}', "config.json": "\n".join(self.body).encode()})
        if kind == "metadata":                     # the body as text in a safetensors header
            return safetensors.metadata_text("\n".join(self.body))
        if kind == "chat-template":                # the body as a chat template in a GGUF file
            return gguf.template("\n".join(self.body))
        if kind == "text":
            return "\n".join(self.body).encode("utf-8") + b"\n"
        if kind == "hex":
            return bytes.fromhex(" ".join(self.body))
        raise ValueError(self.name + ": unknown kind " + kind)


def plain_zip(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as z:
        for name, data in members.items():
            z.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def torch_zip(pickle):
    """The members that torch.save writes, in its order."""
    return plain_zip({"archive/data.pkl": pickle, "archive/byteorder": b"little",
                      "archive/data/0": bytes(range(64)), "archive/version": b"3\n"})


def torchscript(code, member):
    """What torch.jit.save writes for a module without parameters."""
    data = asm.assemble(["PROTO 2", "GLOBAL '__torch__' 'M'", "EMPTY_TUPLE", "NEWOBJ", "EMPTY_DICT", "BUILD", "STOP"])
    return plain_zip({"m/data.pkl": data, "m/" + member: code.encode(), "m/constants.pkl": asm.assemble(["PROTO 2", "EMPTY_TUPLE", "STOP"]),
                      "m/version": b"3\n"})


class Real(Recipe):
    """A file of an honest producer, kept as it is: a line `FILE VERDICT # producer` of a manifest.txt."""

    def __init__(self, folder, line, root):
        file, verdict = line.split("#")[0].split()
        self.path = folder / file
        whole = str(self.path.relative_to(root))
        self.name = whole.replace(".", "-")
        self.fields, self.body = {"verdict": verdict, "suffix": "." + whole.partition(".")[2], "cuts": "few"}, []

    def build(self):
        return self.path.read_bytes()


def load_all(corpus):
    root = pathlib.Path(corpus)
    for path in sorted(root.rglob("manifest.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                yield Real(path.parent, line, root)
    for path in sorted(root.rglob("*.recipe")):
        yield Recipe(path, str(path.relative_to(root).with_suffix("")))
