"""What the tests share: a folder of models made from recipes, a trap that says whether a payload ran."""
import atexit
import functools
import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ["MODELASSAY_BINARY"])
import modelassay
sys.path.insert(0, str(ROOT / "tests"))
import checks

RAN = []


@functools.cache
def corpus():
    made = tempfile.TemporaryDirectory()
    atexit.register(made.cleanup)
    return checks.built_corpus(made.name)


def trap(text):
    """What a payload calls; importable as common.trap."""
    RAN.append(text)
    return {}


class Payload:
    """Pickles as a call of trap."""
    def __reduce__(self):
        return trap, ("ran",)


def library(name):
    """The module, or None with a word why its tests are not run."""
    try:
        return __import__(name)
    except ImportError:
        print(f"python: no {name} here: its loader is not run")
        return None


class Folder(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.dir = pathlib.Path(made.name)
        RAN.clear()

    def recipe(self, name):
        """The path of a file of corpus/."""
        made = next((corpus() / name).parent.glob(pathlib.Path(name).name + ".*"))
        path = self.dir / "made" / made.relative_to(corpus())
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(made, path)
        return path

    def put(self, name, value, protocol=4):
        path = self.dir / name
        path.write_bytes(pickle.dumps(value, protocol))
        return path

    def command(self, *args, expect=0):
        done = subprocess.run([BINARY, *args], capture_output=True, text=True)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done.stdout

    def refused(self, load, *args, kind=modelassay.Refused, **options):
        """load raises, and no payload has run."""
        with self.assertRaises(kind) as caught:
            load(*args, **options)
        self.assertEqual(RAN, [])
        return caught.exception


def main():
    """Runs the tests of the calling file, and counts them as tests/step.sh reads them."""
    result = unittest.main(exit=False, verbosity=0, argv=[sys.argv[0]], testRunner=unittest.TextTestRunner(stream=sys.stdout, verbosity=0)).result
    failed = len(result.failures) + len(result.errors)
    print(f"{pathlib.Path(sys.argv[0]).stem}: {result.testsRun - failed - len(result.skipped)} passed, {failed} failed")
    sys.exit(failed != 0)
