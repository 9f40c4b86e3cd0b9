"""Reads or damages a store of verdicts as a test needs it.

usage: edit.py STORE HOW
  rows                 prints how many verdicts it holds
  set EXPRESSION       an SQL assignment to each row
  swap SOURCE TARGET   the row of the file with digest SOURCE, moved to the digest TARGET
  old                  makes the table of a release whose rows had no key
  old-rows             fails where that table is not there
  lock FILE            locks the store, makes FILE, and waits"""
import os
import sqlite3
import sys
import time

OLD = """create table verdicts (sha256 BLOB, ruleset BLOB, engine BLOB, conditions BLOB, size INTEGER NOT NULL,
seal BLOB NOT NULL, answer BLOB NOT NULL, kept TEXT DEFAULT CURRENT_TIMESTAMP,
PRIMARY KEY (sha256, ruleset, engine, conditions)) WITHOUT ROWID"""

store, how, *words = sys.argv[1:]
db = sqlite3.connect(store, isolation_level=None)
if how == "rows":
    print(db.execute("select count(*) from sealed_verdicts").fetchone()[0])
elif how == "set":
    db.execute("update sealed_verdicts set " + words[0])
elif how == "swap":
    source, target = map(bytes.fromhex, words)
    row = db.execute("select size, seal, report from sealed_verdicts where sha256=? order by id", (source,)).fetchall()[0]
    db.execute("update sealed_verdicts set size=?, seal=?, report=? where sha256=?", (*row, target))
elif how == "old":
    db.execute(OLD)
    os.chmod(store, 0o600)
elif how == "old-rows":
    db.execute("select * from verdicts")
elif how == "lock":
    db.execute("create table x(y)")
    db.execute("begin exclusive")
    open(words[0], "w").close()
    time.sleep(20)
db.close()
