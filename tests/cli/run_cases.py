#!/usr/bin/env python3
"""Runs declarative cases of the command line, in parallel, each in a folder of its own.

usage: run_cases.py [-v] [-j N] MODELASSAY CORPUS CASE_OR_FOLDER...
MODELASSAY is the program, CORPUS a folder that corpus_builder.py filled; -v lists the behaviours that hold as well.

A case is a file NAME.test.  Its first line is a comment that states the behaviour.  Each further line is a word and its
value; blank lines and comments are free.  A value `<<` stands for the indented lines below it.

Lines that prepare take effect in their order, also between runs:
  file PATH RECIPE [N]     a file of the corpus; its first N bytes, or all but the last N with -N
  text PATH TEXT           a file of one line, or of the lines below `<<`
  bytes PATH TEXT          a file of exactly these bytes; \\n, \\0 and \\xff stand for bytes here, and in each PATH
  folder PATH              link PATH TARGET           remove PATH
  key NAME [ALGORITHM]     a key pair, NAME.key and NAME.pub
  setup COMMAND            a shell command, which has to succeed
  needs NAME               leaves the case out where a program or a Python module (python3-NAME) is missing;
                           `needs no-asan` where the program was built with AddressSanitizer
A run, and the lines that belong to it:
  args WORDS               a run of modelassay; quotes as in a shell
  shell COMMAND            a run of a shell command, which finds `modelassay`
  env NAME=VALUE           stdin PATH (without it, there is nothing to read)
  exit N                   the exit code; each run has it
  stdout REGEX             no-stdout REGEX            stdout-is TEXT (the whole of it)
  stderr REGEX             no-stderr [REGEX] (without one: nothing at all)
  json POINTER VALUE       a value of the JSON on standard output
  written PATH REGEX       same PATH PATH             absent PATH (files after the run)
{sha256 PATH} is the digest of a file, {root} the source tree, and {allow-no-sandbox} that option where scans are made
without a sandbox.  A case that leaves a file in TMPDIR, or an output that is half written, fails."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]


def found(regex, text):
    return re.search(regex, text, re.MULTILINE)


def unescape(text):
    r"""Bytes of a text in which \n, \0 and \xff stand for bytes."""
    def byte(m):
        return {b"n": b"\n", b"0": b"\0"}.get(m[1]) or bytes.fromhex(m[1][1:].decode())
    return re.sub(rb"\\(n|0|x[0-9a-f]{2})", byte, text.encode())


def json_value(pointer, text):
    value = json.loads(text)
    for part in pointer.strip("/").split("/"):
        value = value[int(part) if isinstance(value, list) else part]
    return value


def json_differs(pointer, wanted, text):
    try:
        value = json_value(pointer, text)
    except (ValueError, KeyError, IndexError, TypeError) as e:
        return f"there is no such value: {e!r}"
    return value != json.loads(wanted) and f"it is {json.dumps(value)}"


def read(path):
    return path.read_text(errors="backslashreplace") if path.is_file() else None


# Each takes the case, the finished run and the value, and returns what is wrong, or something false.
EXPECT = {
    "exit": lambda case, run, text: run.code != int(text) and f"it is {run.code}",
    "stdout": lambda case, run, text: not found(text, run.out) and "no match",
    "stderr": lambda case, run, text: not found(text, run.err) and "no match",
    "no-stdout": lambda case, run, text: found(text, run.out) and "a match",
    "no-stderr": lambda case, run, text: found(text, run.err) and (text or run.err) and "a match",
    "stdout-is": lambda case, run, text: run.out.rstrip("\n") != text.rstrip("\n") and "it differs",
    "json": lambda case, run, text: json_differs(*text.split(" ", 1), run.out),
    "written": lambda case, run, text: not found(text.split(" ", 1)[1], read(case.path(text)) or "") and f"no match: {read(case.path(text))}",
    "same": lambda case, run, text: case.path(text).read_bytes() != case.path(text.split()[1]).read_bytes() and "they differ",
    "absent": lambda case, run, text: os.path.lexists(case.path(text)) and "it is there",
}
# Each takes the case, the path that the value begins with, and the rest of the value.
PREPARE = {
    "file": lambda case, path, rest: path.write_bytes(case.corpus_file(*rest.split())),
    "text": lambda case, path, rest: path.write_text(rest if rest.endswith("\n") else rest + "\n"),
    "bytes": lambda case, path, rest: path.write_bytes(unescape(rest)),
    "folder": lambda case, path, rest: path.mkdir(),
    "link": lambda case, path, rest: path.symlink_to(rest),
    "remove": lambda case, path, rest: path.unlink(),
    "key": lambda case, path, rest: case.must([case.suite.tool, "keygen", path, *(rest and ["--algorithm", rest])]),
}


class Run:
    """A finished run, and the lines that belong to it."""
    def __init__(self, command, env, stdin, folder):
        with open(stdin, "rb") as f:
            done = subprocess.run(command, cwd=folder, env=env, stdin=f, capture_output=True, timeout=60)
        self.code = done.returncode
        self.out, self.err = (x.decode("utf-8", "backslashreplace") for x in (done.stdout, done.stderr))

    def __str__(self):
        lines = [f"exit code {self.code}"]
        for name, text in ("stdout", self.out), ("stderr", self.err):
            lines += [f"{name}: {line}" for line in text.splitlines()[:20]]
        return "\n".join(lines)


class Suite:
    """What all cases share."""
    def __init__(self, tool, corpus):
        self.tool, self.asan = tool, b"__asan_init" in tool.read_bytes()
        files = [p for p in corpus.rglob("*") if p.is_file()]
        self.corpus = {str(p.relative_to(corpus).parent / p.name.partition(".")[0]): p for p in files}
        probe = subprocess.run([tool, "scan", "--require-sandbox", "-"], input=b"\x80\x04N.", capture_output=True)
        self.no_sandbox = "" if probe.returncode == 0 else "--allow-no-sandbox"

    def missing(self, what):
        """Why a case that needs this is left out, or None."""
        if what == "no-asan":
            return "built with AddressSanitizer" if self.asan else None
        if what.startswith("python3-"):
            there = subprocess.run(["/usr/bin/python3", "-c", "import " + what[8:]], capture_output=True).returncode == 0
        else:
            there = shutil.which(what)
        return None if there else f"no {what} here"

    def play(self, path):
        case = Case(self, path)
        try:
            case.play(case.parse())
        except (ValueError, OSError, LookupError, TypeError, subprocess.SubprocessError) as e:
            case.failures.append(f"line {case.line}: this case does not work: {type(e).__name__}: {e}")
        finally:
            case.remove()
        return case


class Case:
    def __init__(self, suite, file):
        self.suite, self.file, self.line, self.behaviour = suite, file, 1, ""
        self.failures, self.checks, self.left_out = [], 0, None
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="case-"))
        self.folder, self.temporary = self.base / "case", self.base / "tmp"
        self.folder.mkdir()
        self.temporary.mkdir()
        self.env = dict(os.environ, PATH=f"{suite.tool.parent}:{os.environ['PATH']}", TMPDIR=str(self.temporary))

    def remove(self):
        for folder, _, _ in os.walk(self.base):
            os.chmod(folder, stat.S_IRWXU)
        shutil.rmtree(self.base)

    def path(self, value):
        """The path that a value begins with; its folder is made."""
        path = self.folder / os.fsdecode(unescape(value.split(" ")[0].strip()))
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def corpus_file(self, recipe, length=None):
        data = self.suite.corpus[recipe].read_bytes()
        return data[:int(length)] if length else data

    def expand(self, value):
        value = value.replace("{allow-no-sandbox}", self.suite.no_sandbox).replace("{root}", str(ROOT))
        return re.sub(r"\{sha256 ([^}]+)\}", lambda m: hashlib.sha256(self.path(m[1]).read_bytes()).hexdigest(), value)

    def must(self, command):
        done = subprocess.run(command, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        if done.returncode != 0:
            raise ValueError(f"exit code {done.returncode}: {(done.stdout + done.stderr).decode(errors='backslashreplace')}")

    def parse(self):
        """The lines as [number, word, value, lines that belong to a run]."""
        lines = self.file.read_text(encoding="utf-8").splitlines()
        if not lines or not lines[0].startswith("# "):
            raise ValueError("the first line is not a comment that states the behaviour")
        self.behaviour, steps, at = lines[0][2:], [], 1
        while at < len(lines):
            number, (word, _, value) = at + 1, lines[at].partition(" ")
            value, at = value.strip(), at + 1
            if value.endswith("<<"):
                start = at
                while at < len(lines) and (lines[at].startswith(" ") or not lines[at]):
                    at += 1
                value = f"{value[:-2]}{textwrap.dedent(chr(10).join(lines[start:at])).strip(chr(10))}\n"
            if word in EXPECT or word in ("env", "stdin"):
                steps[-1][3].append((number, word, value))
            elif word and not word.startswith("#"):
                steps.append((number, word, value, []))
        return steps

    def play(self, steps):
        for self.line, word, value, lines in steps:
            value = self.expand(value)
            if word in ("args", "shell"):
                self.play_run(word, value, lines)
            elif lines:
                raise ValueError(f"{lines[0][1]} belongs to a run")
            elif word == "setup":
                self.must(["bash", "-e", "-c", value])
            elif word == "needs":
                self.left_out = self.suite.missing(value)
                if self.left_out:
                    return
            else:
                first, _, rest = value.partition(" ")
                PREPARE[word](self, self.path(first), rest.lstrip(" "))
        left = [p.name for p in self.temporary.iterdir()] + [p.name for p in self.folder.rglob("*tmp-*")]
        if left or self.checks == 0:
            self.failures.append(f"temporary files are left: {left}" if left else "there is no run")

    def play_run(self, word, value, lines):
        env = dict(self.env, **dict(self.expand(text).split("=", 1) for _, key, text in lines if key == "env"))
        stdin = [self.path(text) for _, key, text in lines if key == "stdin"] or [os.devnull]
        expected = [(number, key, self.expand(text)) for number, key, text in lines if key in EXPECT]
        if "exit" not in [key for _, key, _ in expected]:
            raise ValueError("a run without `exit`")
        command = [self.suite.tool, *shlex.split(value)] if word == "args" else ["bash", "-c", value]
        run = Run(command, env, stdin[0], self.folder)
        self.checks += len(expected)
        wrong = [(number, key, text, what) for number, key, text in expected if (what := EXPECT[key](self, run, text))]
        if wrong:
            told = "\n".join(f"line {number}: {key} {text.strip()}: {what}" for number, key, text, what in wrong)
            self.failures.append(f"line {self.line}: {word} {value}\n{told}\n{run}")


def main():
    words, verbose, jobs = sys.argv[1:], False, os.cpu_count()
    while words and words[0].startswith("-"):
        option = words.pop(0)
        verbose, jobs = verbose or option == "-v", int(words.pop(0)) if option == "-j" else jobs
    if len(words) < 3:
        sys.exit("usage: run_cases.py [-v] [-j N] MODELASSAY CORPUS CASE_OR_FOLDER...")
    suite = Suite(pathlib.Path(words[0]).resolve(), pathlib.Path(words[1]))
    files = sorted({p for name in map(pathlib.Path, words[2:]) for p in (name.rglob("*.test") if name.is_dir() else [name])})
    passed, failed, checks, left_out = 0, 0, 0, {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for case in pool.map(suite.play, files):
            if case.left_out:
                left_out.setdefault(case.left_out, []).append(f"{case.file.parent.name}/{case.file.stem}")
                continue
            passed, failed, checks = passed + (not case.failures), failed + bool(case.failures), checks + case.checks
            if case.failures or verbose:
                print("not ok -" if case.failures else "ok -", f"{case.file}: {case.behaviour}")
            for failure in case.failures:
                print(textwrap.indent(failure, "    "))
    for reason, names in left_out.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 and not verbose else ""
        print(f"cases: {reason}: {', '.join(names if verbose else names[:3])}{more} is not run")
    print(f"cases: {checks} checks, {passed} passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
