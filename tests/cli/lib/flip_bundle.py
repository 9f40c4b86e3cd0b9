"""Copies a bundle with one bit flipped in the middle of its payload or its signature.

usage: flip_bundle.py BUNDLE FLIPPED payload|sig"""
import base64
import json
import pathlib
import sys

bundle, flipped = map(pathlib.Path, sys.argv[1:3])
b = json.loads(bundle.read_text())
where = b["dsseEnvelope"] if sys.argv[3] == "payload" else b["dsseEnvelope"]["signatures"][0]
data = bytearray(base64.b64decode(where[sys.argv[3]]))
data[len(data) // 2] ^= 1
where[sys.argv[3]] = base64.b64encode(data).decode()
flipped.write_text(json.dumps(b))
