#!/usr/bin/env python3
"""Honest files of Debian's producers, and whatever the scanner says about them.

    benign.py BINARY FOLDER [LIBRARY...]

Every object of of_LIBRARY.py is pickled with protocols 2 to 5 and dumped by joblib plain and compressed;
torch writes its own files.  A module may say EXPECTED, the verdicts of its files, and BY_NAME, those of them
that are clean all the same.  All are scanned.  What is not clean is printed, grouped by finding and
evidence; exit 1 if there is any.  A library that is not installed is said and passed over.
"""
import collections
import importlib
import io
import json
import pathlib
import pickle
import shutil
import subprocess
import sys
import warnings

warnings.simplefilter("ignore")
LIBRARIES = "stdlib numpy scipy pandas sklearn torch statsmodels xgboost omegaconf torchvision networkx sympy xarray gensim nltk h5py cloudpickle dill".split()
COMPRESSED = (("z", ("zlib", 3)), ("gz", ("gzip", 3)), ("bz2", ("bz2", 3)), ("xz", ("xz", 3)), ("lzma", ("lzma", 3)))


def write_pickles(folder, name, thing):
    """Protocols 2 to 5, and 0 and 1 where they can hold it."""
    for protocol in range(6):
        try:
            data = pickle.dumps(thing, protocol)
        except Exception as why:                  # protocol 0 and 1 know no __slots__
            if protocol >= 2:
                print(f"not pickled: {name} with protocol {protocol}: {why!r}"[:160])
            continue
        (folder / f"{name}.p{protocol}.pkl").write_bytes(data)


def write_joblib(folder, name, thing, some):
    """Plain always; the compressors in turn, so that each gets its share."""
    try:
        import joblib
    except ImportError:
        return
    end, how = COMPRESSED[some % len(COMPRESSED)]
    for path, pack in ((folder / f"{name}.joblib", 0), (folder / f"{name}.joblib.{end}", how)):
        try:
            joblib.dump(thing, path, compress=pack)
        except Exception:                         # what the producer gave up is no file
            path.unlink(missing_ok=True)


def produce(folder, library):
    try:
        module = importlib.import_module("of_" + library)
    except ImportError as why:
        print(f"{library}: not installed here: {why}")
        return 0
    folder.mkdir(parents=True)
    some = 0
    for name, thing in module.things():
        try:
            thing = thing() if getattr(thing, "__name__", "") == "<lambda>" else thing
            write_pickles(folder, name, thing)
            write_joblib(folder, name, thing, some)
        except Exception as why:
            print(f"{library}: {name}: {why!r}"[:200])
        some += 1
    for name, write in getattr(module, "files", lambda: ())():
        try:
            write(folder / name)
        except Exception as why:
            (folder / name).unlink(missing_ok=True)
            print(f"{library}: {name}: {why!r}"[:200])
    return sum(1 for p in folder.iterdir())


def scan(binary, folder):
    run = subprocess.run([binary, "scan", "--format", "json", str(folder)], capture_output=True, timeout=3600)
    return json.loads(run.stdout)["files"]


def as_expected(module, f):
    """Code by value is never clean; everything else has to be."""
    expected = getattr(module, "EXPECTED", set())
    return bool(expected) and pathlib.Path(f["path"]).name not in module.BY_NAME and f["verdict"] in expected


def complain(module, files):
    """{(rule, evidence): names of files}"""
    said = collections.defaultdict(list)
    for f in files:
        if as_expected(module, f):
            continue
        if getattr(module, "EXPECTED", None) and pathlib.Path(f["path"]).name not in module.BY_NAME:
            said["expected", " ".join(sorted(module.EXPECTED)) + ", is " + f["verdict"]].append(f["path"])
            continue
        for x in f["findings"]:
            if x["severity"] not in ("info", "low"):
                said[x["rule"], x["evidence"][:100]].append(f["path"])
        if f["verdict"] in ("incomplete", "not-a-model"):
            reasons = sorted({n.get("reason", "?") for n in f["coverage"]["not_scanned"]})
            said[f["verdict"], " ".join(reasons)].append(f["path"])
    return said


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    failed = 0
    for library in sys.argv[3:] or LIBRARIES:
        shutil.rmtree(folder / library, ignore_errors=True)
        made = produce(folder / library, library)
        if not made:
            continue
        files = scan(binary, folder / library)
        said = complain(sys.modules["of_" + library], files)
        dirty = {p for paths in said.values() for p in paths}
        failed += len(dirty)
        print(f"{library}: {len(files)} files, {len(dirty)} not clean")
        for (rule, evidence), paths in sorted(said.items(), key=lambda i: (i[0][0], -len(i[1]))):
            print(f"  {rule:20} {len(paths):5}  {evidence}  {pathlib.Path(paths[0]).name}")
    print(f"benign: {failed} files are not clean")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
