"""Prints in how many writable maps of these processes a key lies, in either byte order.

usage: find_in_memory.py KEY-IN-HEX PID..."""
import re
import sys

key, found = bytes.fromhex(sys.argv[1])[-32:], 0
for pid in sys.argv[2:]:
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if not m:
                continue
            start, end = (int(x, 16) for x in m.groups())
            memory.seek(start)
            try:
                data = memory.read(end - start)
            except OSError:
                continue
            found += key in data or key[::-1] in data
print(found)
