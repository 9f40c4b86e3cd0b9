#!/usr/bin/env python3
"""Every callable of corpus/gadgets.txt, called in five ways: malicious, or never clean.  usage: gadgets.py BINARY CORPUS WORKDIR"""
import json
import pathlib
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from checks import case, check, finish  # noqa: E402


def word(s):
    return b"X" + struct.pack("<I", len(s)) + s.encode()


def forms(module, name):
    """Protocol 4 where the name has dots: below it no unpickler walks them."""
    g = b"c" + module.encode() + b"\n" + name.encode() + b"\n"
    s = word(module) + word(name) + b"\x93"
    head = b"\x80\x04"
    yield "reduce", head + g + word("id") + b"\x85R."
    yield "inst", head + b"(" + word("id") + b"i" + g[1:] + b"."
    yield "obj", head + b"(" + g + word("id") + b"o."
    yield "newobj", head + g + word("id") + b"\x85\x81."
    yield "stack-global", head + s + word("id") + b"\x85R."


def main():
    binary, corpus, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    wanted = {}                                    # callable: {file: least verdict}
    for line in (corpus / "gadgets.txt").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split()
        least = words.pop(0) if words[0] == "suspicious" else "malicious"
        for how, data in forms(words[1], words[2]):
            path = work / f"{words[1]}--{words[2]}--{how}.pkl"
            path.write_bytes(data)
            wanted.setdefault(f"{words[1]}.{words[2]}", {})[path.name] = least
    run = subprocess.run([binary, "scan", "--no-sandbox", "--format", "json", str(work)], capture_output=True)
    found = {pathlib.Path(f["path"]).name: f["verdict"] for f in json.loads(run.stdout)["files"]}
    for callable_, files in sorted(wanted.items()):
        case(callable_)
        for name, least in files.items():
            enough = ("malicious",) if least == "malicious" else ("malicious", "suspicious")
            check(found.get(name) in enough, f"{name}: {found.get(name)}, expected {least}")
    return finish("gadgets")


if __name__ == "__main__":
    sys.exit(main())
