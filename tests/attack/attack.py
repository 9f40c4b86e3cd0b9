#!/usr/bin/python3
"""The other side: pickles out of what our own lists allow, loaded by CPython for real.

Two kinds are made.  Some are built from nothing: entries of rules/lists/pickle/allowed are called, made, filled and
stored into with hostile values.  Others are honest pickles of the installed libraries with strings and globals
replaced.  A child loads each under an audit hook, in a folder with canaries: a module, a file, code that writes one.
What had an effect (process, socket, a write, a canary read, code of the pickle's run) is scanned, and must not be clean.

usage: attack.py BINARY [SECONDS [SEED]]      with the Python that has the libraries; prints seeds and how to make them again
       attack.py BINARY --make SEED FILE      writes the pickle of one seed
"""
import importlib
import json
import operator
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import child
import generate

BATCH = 500


def entries(root):
    """{(module, name): uses} of every allowed list."""
    out = {}
    for path in sorted((root / "rules/lists/pickle/allowed").glob("*.txt")):
        for line in path.read_text().splitlines():
            words = line.split("#")[0].split()
            if len(words) >= 3:
                out[words[0], words[1]] = set(words[2].split(","))
    return out


def here(listed):
    """Those that resolve on this machine; their modules are then imported, once, as children are forks."""
    out = {}
    for (module, name), uses in sorted(listed.items()):
        try:
            operator.attrgetter(name)(importlib.import_module(module))
            out[module, name] = uses
        except Exception:                         # not installed, of another version or platform
            pass
    return out


def verdicts(binary, folder):
    run = subprocess.run([binary, "scan", "--no-sandbox", "--format", "json", str(folder)], capture_output=True)
    return {pathlib.Path(f["path"]).name: f["verdict"] for f in json.loads(run.stdout)["files"]}


def attack(binary, maker, seconds, first, work):
    """Returns (loaded, tried, died, {seed: effects}) after that many seconds."""
    end, seed, loaded, died, effects = time.monotonic() + seconds, first, 0, 0, {}
    while time.monotonic() < end:
        stop = seed + BATCH
        while seed < stop:                        # a child that dies takes its own seed with it, no other
            seen, fine, alive = child.load_all(maker, range(seed, stop), work)
            effects.update(seen)
            loaded += fine[0]
            died += not alive
            seed = stop if alive else fine[1] + 1
    return loaded, seed - first, died, effects


def report(binary, maker, effects, work):
    files = work / "files"
    files.mkdir()
    for seed in effects:
        (files / f"{seed}.pkl").write_bytes(maker(seed))
    said = verdicts(binary, files) if effects else {}
    clean = [seed for seed in effects if said.get(f"{seed}.pkl") == "clean"]
    for seed in clean:
        print(f"not ok - seed {seed} is clean and had an effect: {effects[seed]}")
    return clean


def main():
    binary = sys.argv[1]
    root = pathlib.Path(__file__).resolve().parents[2]
    work = pathlib.Path(tempfile.mkdtemp(prefix="modelassay-attack-"))
    try:
        canary = child.canaries(work)
        maker = generate.Maker(here(entries(root)), canary, generate.honest(root))
        if sys.argv[2:3] == ["--make"]:
            pathlib.Path(sys.argv[4]).write_bytes(maker(int(sys.argv[3])))
            return 0
        seconds, first = (int(word) for word in (sys.argv[2:] + ["60", "1"][len(sys.argv) - 2:])[:2])
        loaded, tried, died, effects = attack(binary, maker, seconds, first, work)
        clean = report(binary, maker, effects, work)
        print(f"attack: {tried} pickles from seed {first}, {loaded} loaded, {died} ended their child, "
              f"{len(effects)} had an effect, {len(clean)} of these clean")
        return len(clean) > 0 or loaded == 0
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
