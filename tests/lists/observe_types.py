#!/usr/bin/env python3
"""The types that honest writers give to callables: what signatures are written from.

usage: observe_types.py MODELASSAY PATH...

Prints one line for each callable, operation and type, with the number of times it was seen in the files below PATH.
"""
import collections
import json
import os
import subprocess
import sys


def files(paths):
    for path in paths:
        if os.path.isfile(path):
            yield path
        for folder, _, names in os.walk(path):
            yield from (os.path.join(folder, name) for name in names)


def calls(modelassay, path):
    out = subprocess.run([modelassay, "inspect", path], capture_output=True, text=True, errors="replace").stdout
    for line in out.splitlines():
        fact = json.loads(line)
        if fact.get("fact") == "call" and fact.get("op") in ("call", "new", "build"):
            yield fact.get("module"), fact.get("name"), fact["op"], fact.get("types")


def main():
    seen = collections.Counter(row for path in files(sys.argv[2:]) for row in calls(sys.argv[1], path))
    for (module, name, op, types), n in sorted(seen.items(), key=str):
        print(f"{n}\t{module}\t{name}\t{op}\t{types}")


main()
