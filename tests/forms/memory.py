#!/usr/bin/env python3
"""No form of a report is written with something missing: allocations fail, some of each run's in turn, and what
comes out is the same report, or none and exit code 2.  usage: memory.py BINARY WORKDIR [RUNS a form]"""
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from checks import built_corpus, case, check, finish  # noqa: E402

FORMS = ["json", "jsonl", "sarif", "hf", "md", "html"]
SAID = [b'"executionSuccessful":\tfalse', b'"complete":\tfalse', b'"complete":false', b"- not scanned: ", b"<h3>Not scanned"]


def run(shim, fault, mark, command):
    mark.write_bytes(bytes(16))
    env = dict(os.environ, LD_PRELOAD=str(shim), MA_FAULT=fault, MA_FAULT_MARK=str(mark))
    r = subprocess.run(command, env=env, capture_output=True, timeout=60)
    counted, struck = struct.unpack("<QQ", mark.read_bytes())
    return r.returncode, without_times(r.stdout), counted, struck


def without_times(out):
    """Nor the preview of an argument, which a parser without memory writes as '...'."""
    out = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"", out)
    return re.sub(rb"('|&#39;)(\.\.\.|(&#46;){3})('|&#39;)", rb"\1id\4", out)


def same(out, plain):
    """Markdown and HTML write "?" for a name that there is no memory to escape; nothing else may differ."""
    if out == plain:
        return True
    parts = out.split(b"?")
    return 1 < len(parts) < 40 and plain.startswith(parts[0]) and plain.endswith(parts[-1]) and out.count(b"<tr") == plain.count(b"<tr") \
        and out.count(b"\n") == plain.count(b"\n")


def main():
    binary, work, runs = sys.argv[1], pathlib.Path(sys.argv[2]) / "memory", int(sys.argv[3]) if len(sys.argv) > 3 else 40
    shim = pathlib.Path(os.environ.get("SHIM", "build/fault/shim.so")).resolve()
    if not shim.exists() or "asan" in binary:          # a sanitizer has allocations of its own
        print("memory: 0 passed, 0 failed: no shim (tests/fault) for this build: is not run")
        return 0
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    path = next((built_corpus(work / "made") / "pickle").glob("os-system-reduce*"))     # no zip: libzip masks that it had no memory
    for form in FORMS:
        case(form)
        command = [binary, "scan", "--no-sandbox", "--format", form, str(path)]
        code, plain, total, _ = run(shim, "alloc:0", work / "mark", command)
        check(code == 1 and plain, f"{form}: exit {code} without a fault")
        step = max(1, total // runs)
        wrong = []
        for n in range(1 + step // 2, total + 1, step):
            code, out, _, struck = run(shim, f"alloc:{n}", work / "mark", command)
            whole = code == 2 and not out or out == plain or (form in ("md", "html") and same(out, plain))
            # The scan itself may be the one that lacked memory: its report is whole, and says so.
            if not whole and not any(m in out for m in SAID):
                wrong.append(f"alloc:{n} exit {code}, {len(out)} of {len(plain)} bytes")
        check(not wrong, f"{form}, {total} allocations: {len(wrong)} wrong: {'; '.join(wrong[:5])}")
    return finish("memory")


if __name__ == "__main__":
    sys.exit(main())
