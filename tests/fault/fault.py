#!/usr/bin/env python3
"""Faults of the machine: allocations that fail, reads that fail, come short or come to an end, a file that is
written while it is scanned.  Nothing may crash or hang, and nothing is clean that was not read.

usage: fault.py BINARY SHIM CORPUS WORKDIR [EVERY]     EVERY: of so many allocations one fails (1: each in turn)"""
import concurrent.futures
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
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


passed = failed = 0


def check(ok, what):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print("not ok -", what)


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
    check(struck >= 10, f"{name} {flags}: only {struck} faults were had")


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
            allocations(r, made.name.replace("/", "-"), path, want, every, flags)
            reads(r, made.name, path, want, flags)
        if want == 0:
            written(r, made.name, made.data(), [])
    check(len(list(work.glob("*.*"))) >= len(FILES), "a recipe is missing")
    print(f"fault: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
