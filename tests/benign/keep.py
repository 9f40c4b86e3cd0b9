#!/usr/bin/env python3
"""Chooses the files that stay in corpus/benign, so that make check needs no producer.

    keep.py BINARY FOLDER CORPUS

From what benign.py made below FOLDER: the smallest files that together hold the most imports and forms of
file.  Clean files of less than 20 KB only, 400 KB in all.  The manifest names each file and its producer."""
import importlib
import json
import pathlib
import shutil
import subprocess
import sys

MAX_FILE, MAX_ALL, MAX_FILES = 20_000, 390_000, 165
ALWAYS = ("numpy/aligned.joblib",)               # once read wrongly


def features(report, path):
    """What a file shows: its imports, and how it is packed."""
    form = path.name.split(".", 1)[1] if path.suffix != ".npy" else "npy"
    return {(i["module"], i["name"]) for i in report["imports"]} | {(report["format"], form)}


def candidates(binary, folder):
    run = subprocess.run([binary, "scan", "--format", "json", str(folder)], capture_output=True, timeout=3600)
    for report in json.loads(run.stdout)["files"]:
        path = pathlib.Path(report["path"])
        if report["verdict"] == "clean" and path.stat().st_size < MAX_FILE:
            yield path, path.stat().st_size, features(report, path)


def choose(files):
    """Greedy: the most that is new for a kilobyte; a file costs something by being one, a packed one more."""
    first = [f for f in files if f"{f[0].parent.name}/{f[0].name}" in ALWAYS]
    kept, seen, total = [f[0] for f in first], set().union(*(f[2] for f in first)), sum(f[1] for f in first)
    while files and len(kept) < MAX_FILES:
        path, size, shows = max(files, key=lambda f: (len(f[2] - seen) / (f[1] + (2500 if ".joblib." in f[0].name else 500)), str(f[0])))
        if not shows - seen:
            break
        files.remove((path, size, shows))
        if total + size > MAX_ALL:
            continue
        kept.append(path)
        seen |= shows
        total += size
    return kept, seen, total


def producer(library):
    if library == "stdlib":
        return "Python %d.%d" % sys.version_info[:2]
    try:
        return f"{library} {importlib.import_module(library).__version__.split('+')[0]}"
    except ImportError:
        return library


def main():
    binary, folder, corpus = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    files = list(candidates(binary, folder))
    kept, seen, total = choose(files)
    shutil.rmtree(corpus, ignore_errors=True)
    rows = []
    for path in sorted(kept):
        library = path.parent.name
        (corpus / library).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, corpus / library / path.name)
        rows.append(f"{library}/{path.name} clean # {producer(library)}")
    head = "# Honest files, chosen by tests/benign/keep.py from what tests/benign/benign.py made: file, verdict, producer.\n"
    (corpus / "manifest.txt").write_text(head + "\n".join(rows) + "\n")
    print(f"{len(kept)} files, {total} bytes, {len(seen)} imports and forms")


if __name__ == "__main__":
    sys.exit(main())
