#!/usr/bin/env python3
"""Who makes the workers of small files is killed, and so are those that stand ready: what becomes of the scan.
usage: zygote.py BINARY"""
import json
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from checks import case, check, finish  # noqa: E402

tool, N = sys.argv[1], 600


def children(pid):
    try:
        return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def scan(folder, jobs, choose):
    """The report of a scan whose children, of which there are those that choose() takes, are killed once."""
    out = folder.parent / "report.json"
    p = subprocess.Popen([tool, "scan", "--format", "json", "-o", str(out), "-j", jobs, str(folder)])
    hit, end = [], time.monotonic() + 60
    while not hit and p.poll() is None and time.monotonic() < end:
        hit = choose(children(p.pid))
    for pid in hit:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return p.wait(60), json.loads(out.read_text()), hit


with tempfile.TemporaryDirectory() as d:
    folder = pathlib.Path(d) / "small"
    folder.mkdir()
    for i in range(N):
        (folder / f"{i:03}.pkl").write_bytes(pickle.dumps([i]))
    for jobs in "1", "2":
        for name, choose in ("one of three", lambda c: c[:1] if len(c) > 2 else []), ("all", lambda c: c if len(c) > 2 else []):
            case(f"-j{jobs} {name}")
            code, report, hit = scan(folder, jobs, choose)
            verdicts = [f["verdict"] for f in report["files"]]
            check(hit, f"-j{jobs} {name}: nobody to kill was seen")
            check(len(verdicts) == N and set(verdicts) <= {"clean", "incomplete"}, f"-j{jobs} {name}: {len(verdicts)} files, {set(verdicts)}")
            check(code == (2 if "incomplete" in verdicts else 0), f"-j{jobs} {name}: exit {code}")
            check(verdicts.count("incomplete") <= len(hit), f"-j{jobs} {name}: {verdicts.count('incomplete')} files went with {len(hit)} processes")
            check(all(f.get("sha256") for f in report["files"]), f"-j{jobs} {name}: a file without a digest")
sys.exit(finish("zygote"))
