#!/usr/bin/env python3
"""make style: what docs/STYLE.md asks of C sources and of English, counted.

usage: style.py [--list] [FILE...]

Each measure has a bound in tests/style/bounds.txt, and the bounds only fall: a count above its bound
fails, and so does one below it until the bound is lowered to it.  --list prints every place.
Closes with "N passed, N failed".
"""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = ("parsers/", "rules/", "scanner/", "tests/")
WORDS = re.compile(r"\b(told|hear|belt|lean|twins|owed|gone|who is|what comes late|house|rooms?)\b", re.I)
PUBLIC = re.compile(r'\\?"told\\?"')                # a value of the fact field call.state
MAX_COLUMNS, MAX_JOINS, MAX_FUNCTION = 100, 3, 90
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def tracked():
    out = subprocess.run(["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=True)
    return out.stdout.split()


def without_text(source):
    """The source with comments and literals blanked; line numbers stay."""
    return TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), source)


def statements(code):
    """(line, text) of each piece between ; { and }, preprocessor lines left out."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda m: re.sub(r"[^\n]", " ", m.group()), code, flags=re.M)
    line = 1
    for piece in re.split(r"([;{}])", code):
        lead = len(piece) - len(piece.lstrip())
        yield line + piece[:lead].count("\n"), piece
        line += piece.count("\n")


def conditions(path, code):
    for line, text in statements(code):
        if text.count("?") > 1:
            yield "nested-conditional", f"{path}:{line}"
        if max(joins(text), default=0) > MAX_JOINS:
            yield "long-condition", f"{path}:{line}"


def joins(text):
    """Numbers of && and || in each argument or operand list of a statement, inner parentheses included."""
    for part in text.split(","):
        yield part.count("&&") + part.count("||")


def functions(path, code):
    start = None
    for n, line in enumerate(code.split("\n"), 1):
        if re.match(r"[A-Za-z_].*[^;]$", line) and "(" in line and start is None:
            start = n
        elif line.startswith("}"):
            if start is not None and n - start > MAX_FUNCTION:
                yield "long-function", f"{path}:{start}"
            start = None
        elif line.endswith(";") and not line.startswith((" ", "\t")):
            start = None


def of_code(path):
    source = (ROOT / path).read_text()
    code = without_text(source)
    for n, line in enumerate(source.split("\n"), 1):
        if len(line) > MAX_COLUMNS:
            yield "long-line", f"{path}:{n}"
    yield from conditions(path, code)
    yield from functions(path, code)


def of_words(path):
    """Words of docs/GLOSSARY.md that are not used: in comments and literals of C, and in documents."""
    source = (ROOT / path).read_text()
    if path.endswith((".c", ".h", ".def")):
        keep = [False] * len(source)
        for m in TOKEN.finditer(source):
            if " " in m.group():                     # a literal of one word is a name, perhaps a public one
                keep[m.start():m.end()] = [True] * (m.end() - m.start())
        source = "".join(c if k or c == "\n" else " " for c, k in zip(source, keep))
    for n, line in enumerate(source.split("\n"), 1):
        line = PUBLIC.sub("", line)
        if WORDS.search(line):
            yield "unplain-word", f"{path}:{n}: {WORDS.search(line).group()}"


def unformatted(files):
    tool = shutil.which("clang-format")
    if tool is None:
        return None
    out = subprocess.run([tool, "--dry-run", *files], cwd=ROOT, capture_output=True, text=True)
    return sorted({m.group(1) for m in re.finditer(r"^(\S+?):\d+:\d+: warning", out.stderr, re.M)})


def main():
    args = [a for a in sys.argv[1:] if a != "--list"]
    files = args or tracked()
    code = [f for f in files if f.startswith(CODE) and f.endswith((".c", ".h")) and (ROOT / f).exists()]
    texts = [f for f in files if (ROOT / f).exists() and "docs/GLOSSARY.md" != f and "docs/STYLE.md" != f
             and (f.endswith(".def") or (f.endswith(".md") and not f.startswith("corpus/")))]
    found = [row for f in code for row in of_code(f)]
    found += [row for f in code + texts for row in of_words(f)]
    style = unformatted(code)
    if style is None:
        print("style: clang-format is not installed; the format is not run")
    found += [("unformatted", f) for f in style or []]
    bounds = dict(line.split() for line in (ROOT / "tests/style/bounds.txt").read_text().splitlines()
                  if line and not line.startswith("#"))
    failed = 0
    for name, bound in bounds.items():
        places = [where for kind, where in found if kind == name]
        bad = len(places) > int(bound) or (len(places) < int(bound) and not args)
        failed += bad
        print(f"{name}: {len(places)}, bound {bound}" + (" - lower the bound" if len(places) < int(bound) else ""))
        if "--list" in sys.argv or len(places) > int(bound):
            print("".join(f"    {where}\n" for where in places), end="")
    print(f"style: {len(bounds) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
