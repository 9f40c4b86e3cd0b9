#!/usr/bin/env python3
"""Seeds for the fuzz targets, from the recipes of the corpus.  usage: seeds.py BINARY CORPUS OUT

A seed is small: what is interesting about a format fits 32 KiB."""
import base64
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from mk import recipe  # noqa: E402

MOST = 32768
# By the end of a file's name; a file may be a seed of several targets.
SUFFIX = {".pkl": "pickle", ".joblib": "pickle", ".pt": "zip", ".zip": "zip", ".safetensors": "safetensors", ".gguf": "gguf",
          ".onnx": "onnx", ".npy": "packed", ".tar": "packed", ".gz": "packed", ".z": "packed", ".bz2": "packed", ".7z": "packed",
          ".h5": "packed", ".xz": "packed", ".zst": "packed", ".lz4": "packed", ".lzma": "packed", ".npz": "zip", ".keras": "zip",
          ".json": "sidefiles", ".jinja": "templates", ".txt": "sidefiles"}
CODECS = ["stored", "deflate", "zlib", "gzip", "bzip2", "xz", "lzma-alone", "lzma-zip", "lz4", "zstd", "base64", "hex"]


class Seeds:
    def __init__(self, out):
        self.out, self.n = out, 0

    def add(self, target, data, name):
        if len(data) <= MOST:
            folder = self.out / target
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name.replace("/", "-")).write_bytes(data)
            self.n += 1


def text(s):
    return struct.pack("<I", len(s)) + s.encode()


def answers():
    """Workers' answers as scanner/report/codec.h draws them, to job 7, for a file of five bytes."""
    head = b"MAW2" + struct.pack("<Q", 7) + text("pickle") + bytes([1, 1, 0, 0, 0, 1, 0]) + struct.pack("<Q", 5)
    none = struct.pack("<I", 0)
    codes = ["NONE", *re.findall(r"^GAP\((\w+)", pathlib.Path("scanner/report/gaps.def").read_text(), re.M)]

    def gap(code, limit=0, number=0, detail=b"\xff" * 4):
        return struct.pack("<I", 1) + text("a.pkl") + struct.pack("<HHI", codes.index(code), limit, number) + detail
    imported = struct.pack("<I", 1) + text("os") + text("system") + bytes([2]) + text("a.pkl") + struct.pack("<Q", 4)
    finding = (struct.pack("<II", 1, 3) + text("a.pkl") + struct.pack("<QQ", 4, 1) + text("os.system('id')") + text("os.system")
               + struct.pack("<Q", 0))
    beside = struct.pack("<I", 1) + text("weights.bin") + struct.pack("<Q", 8)
    row = struct.pack("<IQQ", 1, 0, 5) + text("tensor") + text("w")
    yield "empty", head + none * 5
    yield "full", head + gap("TRUNCATED") + imported + finding + beside + row
    yield "limit", head + gap("LIMIT", limit=3) + none * 4
    yield "signal", head + gap("WORKER_CRASHED", number=11) + none * 4
    yield "detail", head + gap("MALFORMED", detail=text("zip")) + none * 4
    yield "no-code", head + gap("NONE") + none * 4
    yield "import", head + none + imported + none * 3
    yield "no-global", head + none * 2 + finding.replace(text("os.system"), b"\xff" * 4) + none * 2
    yield "control", head + none * 2 + finding.replace(b"'id'", b"\x1b[2J") + none * 2


def gates():
    """Verify policies; ci.pub lies beside each."""
    signer = {"key": "ci.pub"}
    yield "least", {"rules": [{"signers": [signer]}]}
    yield "all", {"rules": [{"paths": ["models/*"], "signers": [signer | {"types": ["scan", "oms", "test-result"]}], "require": ["scan", "oms"], "max_age": "30d",
                             "rulesets": ["ab" * 32], "min_scanner": "0.1.0", "verdicts": ["PASSED", "WARNED"], "allow": ["waivers", "no-sandbox", "gaps"]}]}
    yield "second", {"rules": [{"paths": ["other"], "signers": [signer]}, {"paths": ["*.pkl"], "signers": [signer, signer]}]}
    yield "certificate", {"rules": [{"signers": [{"ca": "ca.pem", "identity": "ci@example.org"}]}]}
    yield "misspelt", {"rules": [{"signers": [signer], "requires": ["scan"]}]}
    yield "nobody", {"rules": [{"signers": []}]}
    yield "other", {"rules": [{"paths": ["other"], "signers": [signer]}]}


def policies():
    waiver = {"rule": "PICKLE-EXEC-001", "sha256": "0" * 64, "reason": "known", "expires": "2099-01-31"}
    yield "allow", {"fail_on": "malicious", "allow": ["os.system", "a.b.C"]}
    yield "waiver", {"waivers": [waiver, dict(waiver, expires="2001-02-29"), dict(waiver, rule="NO-SUCH-001")]}
    yield "no-hex", {"waivers": [dict(waiver, sha256="." * 64)]}     # once shifted a digit that is none
    yield "strange", {"fail_on": 1, "allow": {}, "waivers": [[]]}


def statement(binary, work):
    """A real payload: what `attest` signs of the target's own model."""
    model = work / "model.pkl"
    model.write_bytes(b"\x80\x04N.")
    subprocess.run([binary, "keygen", str(work / "id")], check=True, capture_output=True)
    subprocess.run([binary, "attest", "--no-sandbox", str(model), "--key", str(work / "id.key"), "-o", str(work / "b.json")], check=True, capture_output=True)
    bundle = (work / "b.json").read_bytes()
    yield "bundle", bundle
    yield "payload", base64.b64decode(json.loads(bundle)["dsseEnvelope"]["payload"])


def main():
    binary, corpus, out = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    shutil.rmtree(out, ignore_errors=True)
    seeds = Seeds(out)
    for r in recipe.load_all(corpus):
        data, suffix = r.data(), r.suffix[r.suffix.rfind("."):]
        seeds.add(SUFFIX.get(suffix, "search"), data, r.name)
        if len(data) <= 4096:
            seeds.add("scan", data, r.name)
        if r.name.startswith(("exec/", "zip/", "packed/")):
            seeds.add("search", data, r.name)
        for codec, magic in enumerate([None, None, b"\x78", b"\x1f\x8b", b"BZh", b"\xfd7z", b"\x5d\0\0", None, b"\x04\x22\x4d\x18", b"\x28\xb5\x2f\xfd"]):
            if magic and data.startswith(magic):
                seeds.add("codec", bytes([codec]) + data, r.name)
        if r.fields.get("kind") == "chat-template":
            seeds.add("templates", "\n".join(r.body).encode(), r.name)
        if suffix == ".json":
            seeds.add("json", data, r.name)
        if suffix == ".safetensors" and len(data) > 8:
            seeds.add("json", data[8:8 + int.from_bytes(data[:8], "little")], r.name)
    for number, name in enumerate(CODECS):
        seeds.add("codec", bytes([number]) + b"aGVsbG8gd29ybGQ=", "text-" + name)
    for name, data in answers():
        seeds.add("wire", data, name)
    for name, policy in policies():
        seeds.add("policy", json.dumps(policy).encode(), name)
    for name, policy in gates():
        seeds.add("gate", json.dumps(policy).encode(), name)
    for path in pathlib.Path("rules/packs").glob("*.json"):
        seeds.add("rules", path.read_bytes(), path.name)
    for path in pathlib.Path("rules/lists").rglob("*.txt"):
        seeds.add("rules", path.read_bytes()[:400], "list-" + path.name)
    with tempfile.TemporaryDirectory() as work:
        for name, data in statement(binary, pathlib.Path(work)):
            seeds.add("verify", data, name)
            seeds.add("json", data, name)
    print(f"{seeds.n} seeds in {out}")


if __name__ == "__main__":
    main()
