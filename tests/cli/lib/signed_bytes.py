"""Writes what a bundle's signature is over, and the signature.  usage: signed_bytes.py BUNDLE MESSAGE SIGNATURE"""
import base64
import json
import pathlib
import sys

bundle, message, signature = map(pathlib.Path, sys.argv[1:])
envelope = json.loads(bundle.read_text())["dsseEnvelope"]
payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
message.write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
signature.write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
