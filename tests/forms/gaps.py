#!/usr/bin/env python3
"""not_scanned of JSON reports: each entry has a code of docs/GAPS.md, and a limit where the code is about one.
usage: gaps.py BINARY WORKDIR"""
import json
import pathlib
import re
import subprocess
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from checks import ROOT, check, finish  # noqa: E402


def gaps(binary, *args):
    out = subprocess.run([binary, "scan", "--format", "json", *args], capture_output=True, text=True)
    report = json.loads(out.stdout)
    return [g for f in report["files"] for g in f["coverage"]["not_scanned"]] + report["not_scanned"]


def main():
    binary, work = sys.argv[1], pathlib.Path(sys.argv[2]) / "gaps"
    folder = work / "folder"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("a.txt", "text " * 100)
    (folder / "unknown.pt").write_bytes(b"no model")
    codes = set(re.findall(r"^\| `([a-z-]+)`", (ROOT / "docs/GAPS.md").read_text(), re.M))
    limits = set(re.findall(r"^\| `(\w+)`", (ROOT / "docs/LIMITS.md").read_text(), re.M))
    cases = [
        (["--max-inflated-bytes", "1", str(folder / "a.zip")], {("limit", "inflated_bytes")}),
        (["--max-scan-seconds", "0", str(folder)], {("scan-limit", "scan_seconds")}),
        (["--exclude", "*", str(folder)], {("excluded", None)}),
        ([str(folder / "unknown.pt")], {("unknown-format", None)}),
        ([str(work / "none.pt")], {("cannot-open", None)}),
    ]
    for args, wanted in cases:
        found = gaps(binary, *args)
        check({(g["code"], g.get("limit")) for g in found} == wanted, f"{args}: {found}")
        check(all(g["code"] in codes and g.get("limit", "depth") in limits and g["reason"] for g in found), f"{args}: {found}")
    return finish("gaps")


if __name__ == "__main__":
    sys.exit(main())
