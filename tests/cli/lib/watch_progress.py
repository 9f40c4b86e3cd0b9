"""Runs a command on a terminal and states what it drew: whether there was a progress line, whether it was drawn more
than four times a second, and whether it was wiped at the end.  usage: watch_progress.py TERM COMMAND..."""
import os
import pty
import re
import sys
import time

term, *command = sys.argv[1:]
start, out = time.monotonic(), b""
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = term
    os.execvp(command[0], command)
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:                                # the terminal's other end is closed
        break
    if not data:
        break
    out += data
os.waitpid(pid, 0)
seconds = time.monotonic() - start
drawn = re.findall(rb"\r\d+ files?: [^\r]*ETA \d+:\d\d\x1b\[K", out)
wiped = re.search(rb"ETA \d+:\d\d\x1b\[K\r\x1b\[K(?!.*ETA)", out, re.S)
print("drawn:", "yes" if drawn else "no" if b"ETA" not in out else out)
print("too often:", "yes" if len(drawn) > seconds * 4 + 2 else "no")
print("wiped:", "yes" if wiped else "no")
