#!/usr/bin/env python3
"""Golden findings: every recipe is built, scanned, and held against what it says.

Then every file up to 4 KiB is cut at each byte, larger ones at 256 seeded places:
nothing may crash, hang, or come back clean, but at the cuts a recipe lists.
usage: corpus.py BINARY CORPUS WORKDIR
"""
import json
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from checks import check, finish  # noqa: E402
from mk import recipe  # noqa: E402


def scan(binary, folder, *options, heap=None):
    """{path below folder: file report}; heap: bytes of private memory that the process may have"""
    limit = (lambda: resource.setrlimit(resource.RLIMIT_DATA, (heap, heap))) if heap else None
    run = subprocess.run([binary, "scan", *options, "--format", "json", str(folder)], capture_output=True, timeout=600, preexec_fn=limit)
    check(run.returncode in (0, 1, 2), f"scan of {folder.name} ends with {run.returncode}: {run.stderr[-300:]}")
    files = json.loads(run.stdout)["files"] if run.stdout else []
    return {str(pathlib.Path(f["path"]).relative_to(folder)): f for f in files}


def check_golden(binary, recipes, folder):
    for r in recipes:
        path = folder / (r.name + r.suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(r.data())
        r.write_beside(path)
    found = scan(binary, folder)
    for r in recipes:
        f = found.get(r.name + r.suffix)
        if f is None:
            check(False, r.name + ": not in the report")
            continue
        ids = {x["rule"] for x in f["findings"]}
        check(f["verdict"] in r.verdict.split("|"), f"{r.name}: {f['verdict']}, expected {r.verdict}: {sorted(ids)} {f['coverage']}")
        for rule in r.words("rules"):
            check(rule in ids, f"{r.name}: {rule} is missing in {sorted(ids)}")
        for rule in r.words("not-rules"):
            check(rule not in ids, f"{r.name}: {rule} must not be there")


def check_rules(packs, recipes, folder, binary):
    """Every rule hits what its tests name, and none of the near misses."""
    by_name = {r.name: r for r in recipes}
    found = scan(binary, folder)
    for path in sorted(packs.glob("*.json")):
        for rule in json.loads(path.read_text())["rules"]:
            for kind in ("hit", "miss"):
                for name in rule["tests"][kind]:
                    r = by_name.get(name)
                    if r is None:
                        check(False, f"{rule['id']}: there is no recipe {name}")
                        continue
                    ids = {x["rule"] for x in found[r.name + r.suffix]["findings"]}
                    check((rule["id"] in ids) == (kind == "hit"), f"{rule['id']}: {kind} {name} gives {sorted(ids)}")


def sanitized(binary):
    return b"__asan_init" in pathlib.Path(binary).read_bytes()


def cuts_of(data, name, few):
    if few:                                        # the producers' files: the recipes are cut everywhere
        return sorted(random.Random(name).sample(range(1, len(data)), min(12, len(data) - 1)))
    if len(data) <= 4096:
        return range(1, len(data))
    rng = random.Random(name)
    return sorted(rng.sample(range(1, len(data)), 256))


def check_cuts(binary, recipes, folder):
    for r in recipes:
        data, valid = r.data(), r.cuts()
        for n in cuts_of(data, r.name, r.fields.get("cuts") == "few"):
            path = folder / r.name / f"{n}{r.suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data[:n])
            r.write_beside(path)
        heap = None if sanitized(binary) else 32 << 20             # of the report on all cuts as well
        found = scan(binary, folder / r.name, "--no-sandbox", heap=heap)      # a process a file would take minutes
        memory = {"out-of-memory", "worker-out-of-memory"}
        short = [p for p, f in found.items() if memory & {gap["code"] for gap in f["coverage"]["not_scanned"]}]
        check(not short, f"{r.name}: takes more than 32 MiB when cut: {short[:5]}")
        clean = sorted(int(pathlib.Path(p).name.split(".")[0]) for p, f in found.items()
                       if f["verdict"] == "clean" and f["format"] != "external-data")
        wrong = [n for n in clean if n not in valid]
        check(not wrong, f"{r.name}: clean when cut at {wrong[:10]}")
        shutil.rmtree(folder / r.name)


def main():
    binary, corpus, work = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    shutil.rmtree(work, ignore_errors=True)
    recipes = list(recipe.load_all(corpus))
    check(len(recipes) > 0, "no recipes")
    check_golden(binary, recipes, work / "golden")
    check_rules(pathlib.Path("rules/packs"), recipes, work / "golden", binary)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None    # tens of thousands of small files
    with tempfile.TemporaryDirectory(dir=memory) as cuts:
        check_cuts(binary, [r for r in recipes if r.fields.get("cuts") != "no"], pathlib.Path(cuts))
    return finish("corpus")


if __name__ == "__main__":
    sys.exit(main())
