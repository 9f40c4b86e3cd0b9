#!/usr/bin/env python3
"""A row of a verdict store that says of one file what was found in another.

usage: forge.py STORE CLEAN_FILE BAD_FILE sha256|KEYFILE [copy]

Rewrites the row of CLEAN_FILE in STORE to the digest, sizes and job number of BAD_FILE, and seals it with a SHA-256
(which needs no key) or with an HMAC under the key in KEYFILE.  copy: in a copy of the store at STORE.forged, whose
rows stay in the -wal file.
"""
import hashlib
import hmac
import os
import shutil
import sqlite3
import sys

store, clean, bad, how = sys.argv[1:5]
columns = {row[1] for row in sqlite3.connect(store).execute("select * from sqlite_master")}
table, report = ("verdicts", "answer") if "verdicts" in columns else ("sealed_verdicts", "report")
if sys.argv[5:] == ["copy"]:
    shutil.copy(store, store + ".forged")
    store += ".forged"
good, evil = (open(p, "rb").read() for p in (clean, bad))
old, new = hashlib.sha256(good).digest(), hashlib.sha256(evil).digest()
db = sqlite3.connect(store, isolation_level=None)
db.execute("pragma journal_mode=wal")
rows = db.execute(f"select ruleset, engine, conditions, {report} from {table} where sha256=?", (old,)).fetchall()
rows = [r for r in rows if old[7::-1] in r[3]]
assert rows, "the store does not have the clean file"
for ruleset, engine, conditions, text in rows:
    forged = text.replace(old[7::-1], new[7::-1])
    forged = forged.replace(len(good).to_bytes(8, "little"), len(evil).to_bytes(8, "little"))
    row = new + ruleset + engine + conditions + len(evil).to_bytes(8, "little") + forged
    if how == "sha256":
        seal = hashlib.sha256(row).digest()
    else:
        seal = hmac.new(open(how, "rb").read(), b"modelassay verdict row 1\0" + row, hashlib.sha256).digest()
    db.execute(f"insert or replace into {table} (sha256, ruleset, engine, conditions, size, seal, {report}) values "
               "(?,?,?,?,?,?,?)", (new, ruleset, engine, conditions, len(evil), seal, forged))
os._exit(0)  # without closing: what was written stays in the -wal file
