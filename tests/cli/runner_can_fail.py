#!/usr/bin/env python3
"""The runner of cases can fail: of each kind of line, one that does not hold is reported.  usage: runner_can_fail.py BINARY CORPUS"""
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from checks import ROOT, built_corpus, check, finish  # noqa: E402

GOOD = "# a case that holds\nfile a.pt torch/state-dict\nargs scan a.pt\nexit 0\nstdout clean\n"
# What is added to the run of the good case, and what the report has to hold.
WRONG_RUNS = {
    "exit 1": "exit 1: it is 0",
    "stdout malicious": "stdout malicious: no match",
    "no-stdout clean": "no-stdout clean: a match",
    "stdout-is a.pt: clean": "stdout-is a.pt: clean: it differs",
    "stderr clean": "stderr clean: no match",
    "json /verdict \"clean\"": "there is no such value",
    "written a.pt nothing": "written a.pt nothing: no match",
    "written b.pt nothing": "written b.pt nothing: no match",
    "absent a.pt": "absent a.pt: it is there",
    "args --nonsense\nexit 64\nno-stderr": "no-stderr : a match",
    "args --nonsense\nexit 64\nno-stderr option": "no-stderr option: a match",
    "args --nonsense\nexit 64\nstderr clean": "stderr clean: no match",
    "args scan --format json a.pt\nexit 0\njson /verdict \"malicious\"": "it is \"clean\"",
    "args scan --format json a.pt\nexit 0\njson /files/1/verdict \"clean\"": "there is no such value",
    "text b.pt b\nshell true\nexit 0\nsame a.pt b.pt": "same a.pt b.pt: they differ",
    "shell exit 7\nexit 0": "exit 0: it is 7",
    "args scan --format json a.pt": "a run without `exit`",
    "setup false": "exit code 1",
    "setup touch x.tmp-1": "temporary files are left: ['x.tmp-1']",
    "setup touch $TMPDIR/x": "temporary files are left: ['x']",
    "file b.pt torch/no-such-recipe": "KeyError",
    "nonsense": "KeyError: 'nonsense'",
}
WRONG_CASES = {
    "args scan\nexit 64\n": "the first line is not a comment",
    "# no run\nfile a.pt torch/state-dict\n": "there is no run",
    "# an expectation at the top\nexit 0\nargs scan a.pt\nexit 0\n": "IndexError",
    "# an expectation without a run\nfile a.pt torch/state-dict\nexit 0\nargs scan a.pt\nexit 0\n": "exit belongs to a run",
}


def run(cases):
    """The exit code of the runner for these texts of cases, and what it prints of each."""
    with tempfile.TemporaryDirectory() as folder:
        for i, text in enumerate(cases):
            (pathlib.Path(folder) / f"{i:03}.test").write_text(text)
        done = subprocess.run([sys.executable, ROOT / "tests/cli/run_cases.py", "-v", sys.argv[1], corpus, folder],
                              capture_output=True, text=True, timeout=300)
    parts = re.split(r"(?m)^(?:ok - |not ok - )?\S+/\d+\.test: ", done.stdout)
    return done.returncode, parts[1:], done.stdout


with tempfile.TemporaryDirectory() as made:
    corpus = built_corpus(made)
    code, _, out = run([GOOD])
    check(code == 0 and "cases: 2 checks, 1 passed, 0 failed" in out, f"a case that holds: {out}")
    wrong = [*((GOOD + line + "\n", wanted) for line, wanted in WRONG_RUNS.items()), *WRONG_CASES.items()]
    code, parts, out = run([text for text, _ in wrong])
    check(code == 1 and f" {len(wrong)} failed" in out and len(parts) == len(wrong), f"exit {code}: {out}")
    for (text, wanted), part in zip(wrong, parts):
        check(wanted in part, f"without {wanted!r}:\n{text}{part}")
    code, _, out = run(["# left out\nneeds no-such-program\n" + GOOD])
    check(code == 1 and "no no-such-program here: " in out and "000 is not run" in out, f"a program that is missing: {out}")
sys.exit(finish("runner_can_fail"))
