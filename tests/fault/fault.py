#!/usr/bin/env python3
"""Faults of the machine: allocations that fail, reads that fail, come short or come to an end, a file that is
written while it is scanned.  Nothing may crash or hang, and nothing is clean that was not read.

usage: fault.py BINARY SHIM CORPUS WORKDIR [EVERY]     EVERY: of so many allocations one fails (1: each in turn)"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import pickle
import shutil
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from checks import case, check, finish  # noqa: E402
from mk import recipe  # noqa: E402

# One file a way to a verdict: the machine, lists and folds; an archive; a regular expression; the search; no finding.
FILES = {"pickle/os-system-reduce": 1, "torch/os-system": 1, "strings/template-subclasses": 1, "exec/elf-in-tensor": 1,
         "pickle/plain-data": 0, "benign/numpy/functions-p5-pkl": 0, "torch/state-dict": 0}


class Runner:
    def __init__(self, binary, shim, work):
        self.binary, self.shim, self.work = binary, shim, work

    def run(self, fault, args, number, path=None):
        """(exit code, output, struck): struck is how often the fault was had."""
        mark = self.work / f"mark-{number}"
        mark.write_bytes(bytes(16))
        env = dict(os.environ, LD_PRELOAD=self.shim, MA_FAULT=fault, MA_FAULT_MARK=str(mark))
        if path:
            env["MA_FAULT_PATH"] = str(path)
        try:
            r = subprocess.run([self.binary, *args], env=env, capture_output=True, timeout=60)
            code, out = r.returncode, r.stdout + r.stderr
        except subprocess.TimeoutExpired:
            code, out = "hang", b""
        counted, struck = struct.unpack("<QQ", mark.read_bytes())
        mark.unlink()
        self.counted = counted
        return code, out, struck


def acceptable(code, out, want, plain, path):
    """After an allocation failed: incomplete, or the answer that would have been given anyway.  Of an honest zip
    libzip may say that it does not open it: it masks that it had no memory.  A name that there is no memory to
    escape is written as "?"."""
    if want == 1:
        return code in (1, 2) and b": clean" not in out
    same = code == 0 and out in (plain, plain.replace(os.fsencode(path), b"?"))
    return code == 2 or same or (code == 1 and (b"ZIP-REFUSED" in out or b"ZIP-READERS" in out))


def allocations(r, name, path, want, every, flags):
    """Each in turn; a count of runs without a fault ends it."""
    args = ["scan", *flags, str(path)]
    code, plain, _ = r.run("alloc:0", args, name)
    total = r.counted
    check(code == want, f"{name} {flags}: exit {code} without a fault")

    def one(n):
        return (n, *r.run(f"alloc:{n}", args, f"{name}-{n}".replace("/", "-")), "alloc")

    def rest(n):
        return (n, *r.run(f"allocs:{n}", args, f"{name}-{n}-on".replace("/", "-")), "allocs")
    wrong, struck = [], 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for n, code, out, hit, how in [*pool.map(one, range(1, total + 1, every)), *pool.map(rest, range(1, total + 1, every * 4))]:
            struck += hit > 0
            if not acceptable(code, out, want, plain, path):
                wrong.append(f"{how}:{n} exit {code}: {out.decode(errors='replace').splitlines()[:1]}")
    check(not wrong, f"{name} {flags}: {len(wrong)} of {total} allocations: " + "; ".join(wrong[:6]))
    check(struck >= 5, f"{name} {flags}: only {struck} faults were had")


def reads(r, name, path, want, flags):
    args = ["scan", *flags, str(path)]
    code, plain, _ = r.run("none", args, "plain")
    short, out, _ = r.run("short", args, "short")
    check((short, out) == (code, plain), f"{name} {flags}: short reads change the report: exit {short}")
    for fault in "eio", "end":
        for n in range(1, 40):
            code, out, struck = r.run(f"{fault}:{n}", args, "reads")
            if not struck:
                break
            good = code == 2 and (b"incomplete" in out or b"cannot" in out) if want == 0 else code in (1, 2) and b": clean" not in out
            check(good, f"{name} {flags}: {fault}:{n}: exit {code}: {out.decode(errors='replace').splitlines()[:2]}")
        check(n > 1, f"{name} {flags}: {fault} never struck")


def written(r, name, data, flags):
    """A byte changes while the parent reads: the digest may be of neither file."""
    path = r.work / ("written-" + name.replace("/", "-"))
    path.write_bytes(data)
    time.sleep(0.02)                               # longer than the grain of a timestamp
    code, out, struck = r.run("write:1", ["scan", *flags, str(path)], "written", path)
    check(struck and code in (1, 2) and b"changed while" in out, f"{name} {flags}: written to, exit {code}: {out.decode(errors='replace').splitlines()[:2]}")


def report_of(out):
    """The report in front of what was said on standard error."""
    return json.JSONDecoder().raw_decode(out.decode())[0]


def digest_of(out):
    return report_of(out)["files"][0].get("sha256")


def flipped(r, flags):
    """One of many readings of a large file shows another byte, and parsers read all of it: each single time it is seen."""
    path = r.work / "large.pkl"
    path.write_bytes(pickle.dumps(list(range(1 << 18, 1 << 19)), 2))
    args = ["scan", "--format", "json", *flags, str(path)]
    code, plain, _ = r.run("none", args, "plain")
    check(code == 0 and digest_of(plain) == hashlib.sha256(path.read_bytes()).hexdigest(), f"large {flags}: exit {code}")
    struck, n = 1, 1
    while struck and n < 1000:
        code, out, struck = r.run(f"flip:{n}", args, "flip")
        check(not struck or (code in (1, 2) and b"the file changed while it was read" in out and digest_of(out) is None),
              f"large {flags}: read {n} showed another byte, exit {code}")
        n += 11
    check(n > 66, f"large {flags}: {n} reads are too few")
    for fault in "eio", "end":
        for n in (1, 2, 9, 30, 70):
            code, out, struck = r.run(f"{fault}:{n}", args, "flip")
            check(struck and code == 2 and report_of(out)["verdict"] == "incomplete", f"large {flags}: {fault}:{n}: exit {code}")
    code, out, _ = r.run("short", args, "flip")
    check(code == 0 and digest_of(out) == digest_of(plain), f"large {flags}: short reads: exit {code}")


def raced(r, flags):
    """Somebody swaps two states of a file through a shared map, whose page is dirty already: no timestamp moves; a digest stands for what was judged."""
    path = r.work / "raced.pkl"
    rows = pickle.dumps(list(range(1 << 18, 1 << 19)), 2)[:-1]
    good, bad = rows + b"\x8c\x05xxxxx0\x8c\x06xxxxxx0N0.", rows + b"cposix\nsystem\n\x8c\x01xR0."
    good += b"." * (len(bad) - len(good)) if len(good) < len(bad) else b""
    check(len(good) == len(bad), f"{len(good)} and {len(bad)} bytes")
    states = {hashlib.sha256(good).hexdigest(): "clean", hashlib.sha256(bad).hexdigest(): "malicious"}
    path.write_bytes(good)
    for state in good, bad:
        path.write_bytes(state)
        _, out, _ = r.run("none", ["scan", "--format", "json", *flags, str(path)], "plain")
        check(report_of(out)["verdict"] == states[digest_of(out)], f"raced {flags}: alone it is {json.loads(out)['verdict']}")
    swapper = subprocess.Popen([sys.executable, "-c", SWAPPER, str(path), str(len(rows)), good[len(rows):].hex(), bad[len(rows):].hex()])
    seen = set()
    for _ in range(40):
        _, out, _ = r.run("none", ["scan", "--format", "json", *flags, str(path)], "raced")
        digest, verdict = digest_of(out), report_of(out)["verdict"]
        seen.add((states.get(digest), verdict))
    swapper.kill()
    swapper.wait()
    wrong = {(is_, said) for is_, said in seen if said == "clean" and is_ != "clean" or is_ == "malicious" and said not in ("malicious", "incomplete")}
    check(not wrong, f"raced {flags}: {wrong}")


SWAPPER = """import mmap, os, sys
path, at, *states = sys.argv[1:]
states = [bytes.fromhex(s) for s in states]
with open(path, "r+b") as f:
    m = mmap.mmap(f.fileno(), 0)
    while True:
        for s in states:
            m[int(at):int(at) + len(s)] = s
"""


def main():
    binary, shim, corpus, work = sys.argv[1], str(pathlib.Path(sys.argv[2]).resolve()), sys.argv[3], pathlib.Path(sys.argv[4])
    every = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    r = Runner(binary, shim, work)
    for made in recipe.load_all(corpus):
        if made.name not in FILES:
            continue
        path, want = work / (made.name.replace("/", "-") + made.suffix), FILES[made.name]
        path.write_bytes(made.data())
        for flags in [], ["--no-sandbox"]:
            case(f"{made.name} {flags}: allocations")
            allocations(r, made.name.replace("/", "-"), path, want, every, flags)
            case(f"{made.name} {flags}: reads")
            reads(r, made.name, path, want, flags)
        if want == 0:
            case(f"{made.name}: written to")
            written(r, made.name, made.data(), [])
    for flags in [], ["--no-sandbox"]:
        case(f"flipped {flags}")
        flipped(r, flags)
        case(f"raced {flags}")
        raced(r, flags)
    check(len(list(work.glob("*.*"))) >= len(FILES), "a recipe is missing")
    return finish("fault")


if __name__ == "__main__":
    sys.exit(main())
