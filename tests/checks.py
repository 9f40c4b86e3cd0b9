"""What the Python tests share: cases and the checks within them, the line that closes a test, and the corpus."""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
passed = failed = checks = 0
current, holds = None, True


def case(name):
    """Begins a case, which passes when each check until the next one holds. Without cases, each check is one."""
    global current
    end_case()
    current = name


def end_case():
    global passed, failed, current, holds
    if current is not None:
        passed, failed = passed + holds, failed + (not holds)
    current, holds = None, True


def check(held, what):
    global passed, failed, checks, holds
    checks += 1
    if not held:
        print("not ok -", what)
    if current is not None:
        holds = holds and bool(held)
    else:
        passed, failed = passed + bool(held), failed + (not held)


def count(number):
    """So many further checks hold that are not worth a call each."""
    global checks
    checks += number


def finish(name):
    """Prints the counts and returns the exit code of the test."""
    end_case()
    print(f"{name}: {passed} passed, {failed} failed ({checks} checks)")
    return failed > 0 or passed == 0


def built_corpus(folder):
    """The folder with every file of the corpus: $CORPUS where that was built before, or else this one, which is made."""
    if os.environ.get("CORPUS"):
        return pathlib.Path(os.environ["CORPUS"]).resolve()
    subprocess.run([sys.executable, ROOT / "tests/corpus_builder.py", ROOT / "corpus", folder], check=True, stdout=subprocess.DEVNULL)
    return pathlib.Path(folder).resolve()
