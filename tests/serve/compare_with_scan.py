"""States whether the daemon's report of a file is the scanner's.  usage: compare_with_scan.py MODELASSAY REPORT FILE"""
import json
import subprocess
import sys

tool, report, file = sys.argv[1:]
a = json.loads(subprocess.run([tool, "scan", "--format", "json", file], capture_output=True).stdout)
b = json.load(open(report))
print("same" if all(a[key] == b[key] for key in ("files", "ruleset", "verdict")) else "different")
