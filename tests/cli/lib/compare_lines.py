"""The files of a JSON Lines report against those of a JSON report; prints their number and each finding.

usage: compare_lines.py LINES REPORT"""
import json
import sys

lines = {f["path"]: f for f in map(json.loads, open(sys.argv[1]))}
report = {f["path"]: f for f in json.load(open(sys.argv[2]))["files"]}
if lines != report:
    sys.exit(f"lines: {lines}\nreport: {report}")
print(len(report), "files")
for path, file in report.items():
    for finding in file["findings"]:
        print(f"{path}: {finding['rule']}")
