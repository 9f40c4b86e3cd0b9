#!/usr/bin/env python3
"""Golden facts: what `inspect` says of a recipe, held against NAME.facts beside it.

usage: golden.py BINARY CORPUS WORKDIR     (UPDATE=1 writes them anew; read the diff before you commit it)
"""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from mk import recipe  # noqa: E402


def facts(binary, path):
    """One line a fact, without the folder the file lies in."""
    run = subprocess.run([binary, "inspect", str(path)], capture_output=True, timeout=60)
    lines = []
    for line in run.stdout.decode().splitlines():
        fact = json.loads(line)
        fact["where"] = fact["where"].replace(str(path), "FILE")
        lines.append(json.dumps(fact))
    return "\n".join(lines) + "\n"


def main():
    binary, corpus, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    work.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    for r in recipe.load_all(corpus):
        golden = corpus / (r.name + ".facts")
        if not golden.exists():
            continue
        path = work / (r.name.replace("/", "-") + r.suffix)
        path.write_bytes(r.data())
        r.write_beside(path)
        now = facts(binary, path)
        if os.environ.get("UPDATE"):
            golden.write_text(now)
        if now == golden.read_text():
            passed += 1
        else:
            failed += 1
            print("not ok -", r.name)
            subprocess.run(["diff", "-u", str(golden), "-"], input=now.encode())
    print(f"golden: {passed} passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
