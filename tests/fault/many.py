#!/usr/bin/env python3
"""A folder of very many files: each is in the report, in order, with its verdict.  usage: many.py BINARY [NUMBER]"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

CLEAN, EVIL = b"\x80\x04N.", b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85R."


def main():
    binary, number = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100000
    evil = {7, number // 2, number - 1}
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None      # a disk takes longer for the files than the scan
    with tempfile.TemporaryDirectory(dir=memory) as work:
        folder = pathlib.Path(work) / "many"
        folder.mkdir()
        for i in range(number):
            (folder / f"{i:06}.pkl").write_bytes(EVIL if i in evil else CLEAN)
        start = time.monotonic()
        run = subprocess.run([binary, "scan", "--format", "jsonl", str(folder)], capture_output=True)
        seconds = time.monotonic() - start
    files = [json.loads(line) for line in run.stdout.splitlines()]
    wrong = [f["path"] for i, f in enumerate(files)
             if not f["path"].endswith(f"{i:06}.pkl") or f["verdict"] != ("malicious" if i in evil else "clean")]
    ok = run.returncode == 1 and len(files) == number and not wrong
    print(f"many: {number} files in {seconds:.0f} s, {1000 * seconds / number:.2f} ms each; exit {run.returncode}, {len(files)} in the report")
    print("\n".join(wrong[:5]))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
