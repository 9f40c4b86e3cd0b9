#!/usr/bin/env python3
"""make bench: speed as ratios against what is installed, all in one run, medians of five.

usage: bench.py MODELASSAY WEIGHTS [SCALE [FORKS]]      SCALE 1.0: tensor files of 256 MB
Inputs are made under $TMPDIR (or /var/tmp) and removed.  Each tensor file hides one tiny
ELF at 60% of its bytes, so that whoever really read them can say so.
"""
import json
import os
import pathlib
import pickle
import random
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from mk import plants  # noqa: E402

RUNS = 5
tool, weights_tool = (str(pathlib.Path(p).resolve()) for p in sys.argv[1:3])
scale = float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
forks_tool = str(pathlib.Path(sys.argv[4]).resolve()) if len(sys.argv) > 4 else None
rows = []


def weights(kind, n, seed, what=b""):
    """n bytes of weights, with something at 60%."""
    raw = subprocess.run([weights_tool, kind, str(n), str(seed)], stdout=subprocess.PIPE, check=True).stdout
    at = n * 6 // 10 | 1
    return raw[:at] + what + raw[at + len(what):] if what else raw


def timed(argv, core=None):
    """(seconds, exit code, output): median of five."""
    if core is not None:
        argv = ["taskset", "-c", str(core), *argv]
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), p.returncode, p.stdout


def peak(argv):
    """MiB, through GNU time: a child of ours starts with our own memory as its peak."""
    p = subprocess.run(["time", "-f", "%M", *argv], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return int(p.stderr.split()[-1]) / 1024


def peak_row(name, argv, figure):
    if shutil.which("time"):
        row(name, peak(argv), "MiB", figure)


def row(name, value, unit, figure="", **more):
    rows.append({"row": name, "value": round(value, 4), "unit": unit, "figure": figure, **more})
    print(f"{name:58} {value:9.3f} {unit:18} {figure}", flush=True)


def safetensors(path, kind, n, seed, what=b"", tensors=300):
    per = n // tensors
    head = {f"layers.{i}.weight": {"dtype": "U8", "shape": [per], "data_offsets": [i * per, (i + 1) * per]} for i in range(tensors)}
    text = json.dumps(head)
    text += " " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text.encode() + weights(kind, per * tensors, seed, what))


def checkpoint(path, n, seed):
    path.write_bytes(plants.checkpoint(weights("fp16", n, seed, plants.elf())))


def gguf(path, n, seed):
    def s(t): return struct.pack("<Q", len(t)) + t
    n = n // 64 * 64
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + s(b"general.architecture") + struct.pack("<I", 8) + s(b"llama")
    head += s(b"blk.0.weight") + struct.pack("<IQIQ", 1, n // 2, 1, 0)
    path.write_bytes(head + bytes(-len(head) % 32) + weights("fp16", n, seed, plants.elf()))


def small_files(folder, n):
    folder.mkdir()
    r = random.Random(3)
    for i in range(n):
        if i % 3 == 0:
            (folder / f"{i}.pkl").write_bytes(pickle.dumps({"a": list(range(r.randrange(400))), "b": "x" * r.randrange(2000)}, 4))
        elif i % 3 == 1:
            (folder / f"{i}.safetensors").write_bytes(plants.safetensors(("w", r.randbytes(4096)), ("v", r.randbytes(2048))))
        else:
            (folder / f"{i}.pt").write_bytes(plants.checkpoint(r.randbytes(4096)))


def tensor_rows(work, n):
    makers = {"safetensors": lambda p: safetensors(p, "fp16", n, 1, plants.elf()), "torch zip": lambda p: checkpoint(p, n, 2),
              "GGUF": lambda p: gguf(p, n, 3)}
    for name, make in makers.items():
        path = work / ("model." + name.replace(" ", ""))
        make(path)
        scan, hashing = [tool, "scan", "-q", str(path)], ["openssl", "dgst", "-sha256", str(path)]
        base, alone = timed(hashing)[0], timed(hashing, 0)[0]
        seconds, code, _ = timed(scan)
        row(f"1 {name}: scan on one core / openssl", timed(scan, 0)[0] / alone, "x openssl", "<= 1.15")
        row(f"2 {name}: scan on all cores / openssl", seconds / base, "x openssl", "<= 0.90", found=code == 1)
        row(f"2 {name}: speed", path.stat().st_size / 1e9 / seconds, "GB/s")
        peak_row(f"7 {name}: peak memory", scan, "<= 32")
        if shutil.which("yara"):
            rules = str(pathlib.Path(__file__).parent / "exe.yar")
            row(f"2 {name}: scan / yara", seconds / timed(["yara", rules, str(path)])[0], "x yara", "<= 0.30")
        if shutil.which("clamscan"):
            other, code, _ = timed(["clamscan", "--no-summary", str(path)])
            if code <= 1:                          # 2: no signatures are installed
                row(f"2 {name}: scan / clamscan", seconds / other, "x clamscan")
        path.unlink()


def four_rows(work, n):
    folder = work / "four"
    folder.mkdir()
    for i in range(4):
        safetensors(folder / f"{i}.safetensors", "bf16", n, 10 + i)
    base = timed(["openssl", "dgst", "-sha256", *map(str, sorted(folder.iterdir()))])[0]
    row("3 four files: scan / openssl in sequence", timed([tool, "scan", "-q", str(folder)])[0] / base, "x openssl", "<= 0.55")
    shutil.rmtree(folder)


def start_rows(work):
    path, key = work / "small.pkl", work / "key"
    path.write_bytes(plants.pickled(b"A" * 900 + b"\n"))
    row("4 start-up: a 1 KB pickle, verdict", timed([tool, "scan", "-q", str(path)])[0] * 1000, "ms", "<= 3")
    subprocess.run([tool, "keygen", str(key)], check=True, stdout=subprocess.DEVNULL)
    argv = [tool, "attest", str(path), "--key", str(key) + ".key", "-o", str(work / "out.json")]
    row("4 start-up: a 1 KB pickle, signed", timed(argv)[0] * 1000, "ms", "<= 5")
    if shutil.which("picklescan"):
        row("4 start-up: scan / picklescan", timed([tool, "scan", "-q", str(path)])[0] / timed(["picklescan", "-p", str(path)])[0], "x picklescan")


def zygote_mib(argv):
    """Resident size of what workers are forked from (scanner/sandbox/forkserver.c): the child that stays."""
    p, sizes = subprocess.Popen(argv, stdout=subprocess.DEVNULL), {}
    while p.poll() is None:
        try:
            first = min(map(int, pathlib.Path(f"/proc/{p.pid}/task/{p.pid}/children").read_text().split()))
            kib = re.search(r"VmRSS:\s*(\d+)", pathlib.Path(f"/proc/{first}/status").read_text())
            sizes.setdefault(first, []).append(int(kib.group(1)) / 1024 if kib else 0)
        except (OSError, ValueError):              # none yet, or gone
            continue
    return max(statistics.median(v) for v in sizes.values() if len(v) == max(map(len, sizes.values())))


def small_rows(work):
    small_files(work / "small", 2000)
    seconds = timed([tool, "scan", "-q", str(work / "small")])[0]
    row("5 2,000 small files", seconds * 1000, "ms")
    if forks_tool and shutil.which("time"):        # as many at a time, of the same size, doing nothing
        sizes = [peak([tool, "scan", "-q", str(work / "small" / "0.pkl")]), zygote_mib([tool, "scan", "-q", "-j", "1", str(work / "small")])]
        for jobs in ("1", str(min(len(os.sched_getaffinity(0)), 64))):
            ours = timed([tool, "scan", "-q", "-j", jobs, str(work / "small")])[0]
            for whose, size in zip(("the program", "the zygote"), map(str, map(round, sizes))):
                row(f"5 2,000 small files, -j {jobs} / {jobs} bare forks as large as {whose}, {size} MiB",
                    ours / timed([forks_tool, "2000", size, jobs])[0], "x bare forks", "<= 1.5")
    row("5 2,000 small files, --no-sandbox", timed([tool, "scan", "-q", "--no-sandbox", str(work / "small")])[0] * 1000, "ms")
    if shutil.which("picklescan"):
        row("5 2,000 small files / picklescan", seconds / timed(["picklescan", "-p", str(work / "small")])[0], "x picklescan", "<= 0.15")


def pickle_rows(work):
    path, r = work / "heavy.pkl", random.Random(7)
    count = int(286_000 * scale)
    path.write_bytes(pickle.dumps([{"id": i, "w": r.random(), "name": f"feature_{r.randrange(10**6)}", "tags": ("a", i % 7, None)} for i in range(count)], 4))
    load = "import gc,pickle,sys,time; gc.disable(); f=open(sys.argv[1],'rb'); t=time.perf_counter(); pickle.load(f); print(time.perf_counter()-t)"
    base = statistics.median(float(subprocess.run([sys.executable, "-c", load, str(path)], stdout=subprocess.PIPE, check=True).stdout) for _ in range(RUNS))
    seconds = timed([tool, "scan", "-q", str(path)])[0]
    size = path.stat().st_size
    row(f"6 {size / 1e6:.0f} MB pickle: scan / pickle.load without GC", seconds / base, "x pickle.load", "<= 0.30")
    peak_row("7 pickle: peak memory", [tool, "scan", "-q", str(path)], f"<= {32 + size / 2**21:.0f}")


def header_rows(work):
    path, n = work / "many.safetensors", 100_000
    path.write_bytes(plants.safetensors(*((f"model.layers.{i}.self_attn.weight", b"\0\0") for i in range(n))))
    row("8 safetensors header of 100,000 tensors", timed([tool, "scan", "-q", str(path)])[0] * 1000, "ms", "<= 20")


def flood(n, unit):
    made, r = bytearray(), random.Random(1)
    while len(made) < 1 << 21:
        made += unit(r.getrandbits(64))
    return bytes(made) * (n // len(made) + 1)


def flood_rows(work, n):
    def word(v): return struct.pack("<Q", v)
    units = {"ELF": lambda v: plants.elf(text=word(v)), "PE headers": lambda v: plants.pe()[:512] + word(v),
             "MZ": lambda v: b"MZ" + bytes(58) + struct.pack("<I", v & 0xffffff), "pickles": lambda v: plants.HARMLESS + word(v),
             "PROTO": lambda v: b"\x80\2K" + bytes([v & 255]), "scripts": lambda v: b"#!/bin/sh\n:%d\n" % v,
             "zip ends": lambda v: b"PK\1\2" + bytes(42) + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, 46, v & 63, 0)}
    path = work / "flood.safetensors"
    for name, unit in units.items():
        path.write_bytes(plants.safetensors(("w", flood(n, unit)[:n])))
        row(f"9 full of {name}: speed", n / 1e9 / timed([tool, "scan", "-q", str(path)])[0], "GB/s", ">= 0.5")


def quiet_rows(work, n):
    path = work / "quiet.safetensors"
    for kind in ("random", "fp32", "fp16", "bf16", "int8", "q4"):
        safetensors(path, kind, n, 77)
        out = json.loads(timed([tool, "scan", "--format", "json", str(path)])[2])["files"][0]
        row(f"- {kind} weights: findings", len(out["findings"]) + (out["verdict"] != "clean"), "findings", "0")


def large_rows(work):
    """5 GB, most of it a hole; the ELF lies beyond 4 GiB."""
    path, n = work / "large.safetensors", 5_000_000_000
    text = json.dumps({"w": {"dtype": "U8", "shape": [n], "data_offsets": [0, n]}})
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text.encode())
        start = f.tell()
        f.seek(start + 4_900_000_001)
        f.write(plants.elf())
        f.truncate(start + n)
    out = json.loads(subprocess.run([tool, "scan", "--format", "json", str(path)], stdout=subprocess.PIPE).stdout)["files"][0]
    found = [x["offset"] for x in out["findings"]] == [start + 4_900_000_001]
    row("10 beyond 4 GiB: found where it is", float(found), "of 1", "1")


def main():
    n = int(256e6 * scale)
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as folder:
        work = pathlib.Path(folder)
        tensor_rows(work, n)
        four_rows(work, n)
        start_rows(work)
        small_rows(work)
        pickle_rows(work)
        header_rows(work)
        flood_rows(work, n)
        quiet_rows(work, n // 4)
        if scale >= 1:
            large_rows(work)
    missing = [p for p in ("yara", "clamscan", "picklescan") if not shutil.which(p)]
    report = {"scale": scale, "runs": RUNS, "cores": len(os.sched_getaffinity(0)), "not_installed": missing, "rows": rows}
    (pathlib.Path(tool).parent / "bench.json").write_text(json.dumps(report, indent=1) + "\n")
    print("not installed:", ", ".join(missing) or "none")


if __name__ == "__main__":
    main()
