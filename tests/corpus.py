#!/usr/bin/env python3
"""Golden findings: every recipe is built, scanned, and held against what it says.

Then every file up to 4 KiB is cut at each byte, larger ones at 256 seeded places:
nothing may crash, hang, or come back clean, but at the cuts a recipe lists.
usage: corpus.py BINARY CORPUS WORKDIR
"""
import functools
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from checks import case, check, count, finish  # noqa: E402
from mk import recipe  # noqa: E402


OUT_OF_MEMORY = {"out-of-memory", "worker-out-of-memory"}      # codes of gaps


def memory():
    """A folder in memory where there is one, for tens of thousands of small files."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def scan(binary, folder, *options, heap=None):
    """{path below folder: file report}; heap: bytes of private memory that the process may have"""
    limit = ["prlimit", f"--data={heap}"] if heap else []
    with tempfile.TemporaryFile(dir=memory()) as out:      # a pipe would be read line by line
        run = subprocess.run([*limit, binary, "scan", *options, "--format", "jsonl", str(folder)],
                             stdout=out, stderr=subprocess.PIPE, timeout=600)
        check(run.returncode in (0, 1, 2), f"scan of {folder} ends with {run.returncode}: {run.stderr[-300:]}")
        out.seek(0)
        files = [json.loads(line) for line in out]
    return {f["path"].removeprefix(f"{folder}/"): f for f in files}


def check_golden(binary, recipes, folder):
    for r in recipes:
        path = folder / (r.name + r.suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(r.data())
        r.write_beside(path)
    case("the scan of all recipes")
    found = scan(binary, folder)
    for r in recipes:
        case(r.name)
        f = found.get(r.name + r.suffix)
        if f is None:
            check(False, r.name + ": not in the report")
            continue
        ids = {x["rule"] for x in f["findings"]}
        check(f["verdict"] in r.verdict.split("|"),
              f"{r.name}: {f['verdict']}, expected {r.verdict}: {sorted(ids)} {f['coverage']}")
        for rule in r.words("rules"):
            check(rule in ids, f"{r.name}: {rule} is missing in {sorted(ids)}")
        for rule in r.words("not-rules"):
            check(rule not in ids, f"{r.name}: {rule} must not be there")
    return found


def check_rules(packs, recipes, found):
    """Every rule hits what its tests name, and none of the near misses."""
    by_name = {r.name: r for r in recipes}
    for path in sorted(packs.glob("*.json")):
        for rule in json.loads(path.read_text())["rules"]:
            case(rule["id"])
            for kind in ("hit", "miss"):
                for name in rule["tests"][kind]:
                    r = by_name.get(name)
                    if r is None:
                        check(False, f"{rule['id']}: there is no recipe {name}")
                        continue
                    ids = {x["rule"] for x in found[r.name + r.suffix]["findings"]}
                    check((rule["id"] in ids) == (kind == "hit"),
                          f"{rule['id']}: {kind} {name} gives {sorted(ids)}")


@functools.cache
def sanitized(binary):
    return b"__asan_init" in pathlib.Path(binary).read_bytes()


def cuts_of(data, name, few):
    if few:                                        # the producers' files: the recipes are cut everywhere
        return sorted(random.Random(name).sample(range(1, len(data)), min(12, len(data) - 1)))
    if len(data) <= 4096:
        return range(1, len(data))
    rng = random.Random(name)
    return sorted(rng.sample(range(1, len(data)), 256))


def write_cuts(r, data, folder):
    """One file a cut, named by its length; more than a hundred thousand in all. Returns the names."""
    cuts = cuts_of(data, r.name, r.fields.get("cuts") == "few")
    os.makedirs(folder)
    for n in cuts:
        fd = os.open(f"{folder}/{n}{r.suffix}", os.O_WRONLY | os.O_CREAT, 0o644)
        os.write(fd, data[:n])
        os.close(fd)
        if "beside" in r.fields:
            r.write_beside(pathlib.Path(folder, f"{n}{r.suffix}"))
    return {f"{n}{r.suffix}" for n in cuts}


def check_cuts(binary, recipes, work):
    heap = None if sanitized(binary) else 32 << 20             # of the report on all cuts as well
    for r in recipes:
        case(r.name + ", cut")
        valid, folder = r.cuts(), os.path.join(work, "cuts")
        names = write_cuts(r, r.data(), folder)
        found = scan(binary, folder, "--no-sandbox", heap=heap)      # a process a file would take minutes
        count(len(names))
        check(names <= found.keys(), f"{r.name}: not in the report: {sorted(names - found.keys())[:5]}")
        short = [p for p, f in found.items() if OUT_OF_MEMORY & {gap["code"] for gap in f["coverage"]["not_scanned"]}]
        check(not short, f"{r.name}: takes more than 32 MiB when cut: {short[:5]}")
        clean = sorted(int(p.partition(".")[0]) for p, f in found.items()
                       if f["verdict"] == "clean" and f["format"] != "external-data")
        wrong = [n for n in clean if n not in valid]
        check(not wrong, f"{r.name}: clean when cut at {wrong[:10]}")
        shutil.rmtree(folder)


def main():
    binary, corpus, work = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    shutil.rmtree(work, ignore_errors=True)
    recipes = list(recipe.load_all(corpus))
    check(len(recipes) > 0, "no recipes")
    found = check_golden(binary, recipes, work / "golden")
    check_rules(pathlib.Path("rules/packs"), recipes, found)
    with tempfile.TemporaryDirectory(dir=memory()) as cuts:
        check_cuts(binary, [r for r in recipes if r.fields.get("cuts") != "no"], cuts)
    return finish("corpus")


if __name__ == "__main__":
    sys.exit(main())
