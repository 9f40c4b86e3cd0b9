"""What the Python tests share: checks that are counted, the line that closes a test, and the corpus."""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
passed = failed = 0


def check(held, what):
    global passed, failed
    passed, failed = passed + bool(held), failed + (not held)
    if not held:
        print("not ok -", what)


def finish(name):
    """Prints the counts and returns the exit code of the test."""
    print(f"{name}: {passed} passed, {failed} failed")
    return failed > 0 or passed == 0


def built_corpus(folder):
    """The folder with every file of the corpus: $CORPUS where that was built before, or else this one, which is made."""
    if os.environ.get("CORPUS"):
        return pathlib.Path(os.environ["CORPUS"]).resolve()
    subprocess.run([sys.executable, ROOT / "tests/corpus_builder.py", ROOT / "corpus", folder], check=True, stdout=subprocess.DEVNULL)
    return pathlib.Path(folder).resolve()
