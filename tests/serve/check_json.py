"""Prints each file that is not JSON, or holds control characters; a name that ends in "log" has a value a line.

usage: check_json.py FILE..."""
import json
import sys

for path in sys.argv[1:]:
    text = open(path).read()
    for part in text.splitlines() if path.endswith("log") else [text]:
        json.loads(part)
        if any(ord(c) < 32 and c not in "\n\t" for c in part):
            print(path)
