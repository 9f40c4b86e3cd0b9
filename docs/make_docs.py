#!/usr/bin/env python3
"""docs/LIMITS.md, FACTS.md, GAPS.md and RULES.md from limits.def, facts.def, gaps.def and the rule packs.
usage: make_docs.py BINARY OUTDIR     (run in the root of the tree; make docs does)"""
import json
import pathlib
import re
import subprocess
import sys

SEVERITIES = ["critical", "high", "medium", "low", "info"]
LINKS = [(r"CWE-(\d+)", "https://cwe.mitre.org/data/definitions/{}.html"), (r"(CVE-[\d-]+)", "https://nvd.nist.gov/vuln/detail/{}"),
         (r"(AML\.T[\d.]+)", "https://atlas.mitre.org/techniques/{}"), (r"(GHSA-[\w-]+)", "https://github.com/advisories/{}")]
NOTE = "<!-- Made by `make docs` from {}: change it there. -->\n\n"
STRING = r'"((?:[^"\\]|\\.)*)"'


def cell(text):
    return re.sub(r'\\(.)', r"\1", text).replace("|", "\\|").replace("<", "&lt;")


def link(ref):
    for pattern, to in LINKS:
        m = re.fullmatch(pattern, ref)
        if m:
            return f"[{ref}]({to.format(m[1])})"
    return ref


def used(name):
    """Whether a parser or the scanner uses this limit.  An option without effect is worse than none."""
    word = re.compile(rf"{name}\b")
    return any(word.search(p.read_text()) for top in ("parsers", "scanner") for p in pathlib.Path(top).rglob("*.[ch]"))


def limits(help_text):
    table = pathlib.Path("parsers/base/limits.def").read_text()
    rows = re.findall(rf'^LIMIT\((\w+),\s*"(\w+)",\s*(\d+),\s*(\d+),\s*{STRING}\)', table, re.M)
    bounds = re.findall(rf'^BOUND\((\w+),\s*"(\w+)",\s*(\d+),\s*{STRING}\)', table, re.M)
    out = ["# Limits\n", NOTE.format("parsers/base/limits.def"),
           "An exceeded limit ends the reading of an object; the file is then `incomplete`, never clean, and the\n"
           "report names the limit. Findings beyond `findings_per_rule` are counted, and the verdict\n"
           "considers them all. In C: `ma_scanner_limit(scanner, \"NAME\", value)`.\n",
           "| Name | Default | One more for each | Unit | Option | Why |\n|---|---:|---:|---|---|---|"]
    for name, unit, value, per, why in rows:
        option = "--max-" + name.replace("_", "-")
        has = re.search(rf"^\s+{option}\s", help_text, re.M)
        what = f"`{option} N`" if has else "none"
        grows = f"{int(per):,} bytes of the file" if int(per) else ""
        out.append(f"| `{name}` | {int(value):,} | {grows} | {unit} | {what}{'' if used(f'LIMIT_{name}') else ', without effect: the code has it fixed'} | {cell(why)} |")
    out += ["\n## Bounds\n", "Fixed in the program. What lies beyond one is unknown, shortened or incomplete, as its row says.\n",
            "| Name | Value | Unit | Of |\n|---|---:|---|---|"]
    out += [f"| `{name}` | {int(value):,} | {unit} | {cell(why)}{'' if used(f'BOUND_{name}') else ' (without effect)'} |"
            for name, unit, value, why in bounds]
    return "\n".join(out) + "\n", len(rows) + len(bounds)


def facts():
    text = pathlib.Path("parsers/base/facts.def").read_text()
    out = ["# Facts\n", NOTE.format("parsers/base/facts.def"),
           "What parsers report and rules match. `modelassay inspect FILE` prints them as JSON Lines, each with\n"
           "`fact`, `where`, `offset`, and those of its fields that are set. A rule that names another field does not\n"
           "load. Text is raw bytes of the file (invalid UTF-8 is printed as `\\xNN`); numbers are unsigned, 64 bits.\n"]
    count = 0
    for line in text.splitlines():
        head = re.match(rf"FACT\((\w+), (\w+), {STRING}\)", line)
        field = re.match(rf"\s+(TEXT|NUM)\s*\(\w+,\s*(\w+),\s*{STRING}\)", line)
        if head:
            name = head[1].lower()
            out += [f"\n## {name}\n", cell(head[3]) + ".\n", "| Field | Type | Holds |\n|---|---|---|"]
        elif field:
            count += 1
            out.append(f"| `{field[2]}` | {'text' if field[1] == 'TEXT' else 'number'} | {cell(field[3])} |")
    return "\n".join(out) + "\n", count


CLASSES = {"FILE": "the file's own", "OURS": "passing", "CHOSEN": "chosen"}
ARGUMENTS = {"NOTHING": "", "LIMIT": "NAME", "NUMBER": "NUMBER", "SIGNAL": "NUMBER (NAME)", "ERRNO": "the system's message", "DETAIL": "...",
             "EXTERNAL_FILES": "NUMBER"}


def gaps():
    text = pathlib.Path("scanner/report/gaps.def").read_text()
    rows = re.findall(rf"^GAP\((\w+),\s*{STRING},\s*(\w+),\s*(\w+),\s*{STRING},\s*{STRING}\)", text, re.M)
    out = ["# Why something was not scanned\n", NOTE.format("scanner/report/gaps.def"),
           "Each entry of `not_scanned` in a JSON report has a `code` beside `where` and `reason`; with `limit` and\n"
           "`scan-limit` it also has `limit`, a name of [LIMITS.md](LIMITS.md). Codes are stable, programs rely on them; texts may\n"
           "be improved. The class says what follows:\n\n"
           "- *the file's own*: another scan of the same bytes ends alike. The verdict is at least `incomplete`, the daemon\n"
           "  answers 422.\n"
           "- *passing*: of this machine at that moment; another try may help. The verdict is at least `incomplete`, the daemon\n"
           "  answers 503, and no store keeps the verdict.\n"
           "- *chosen*: the user asked for it. Listed, without influence on verdict and exit code; an attestation's coverage is\n"
           "  then not complete.\n",
           "| Code | Class | Text | Next step |\n|---|---|---|---|"]
    for _, slug, kind, argument, shown, following in rows:
        out.append(f"| `{slug}` | {CLASSES[kind]} | {cell(shown.replace('%s', ARGUMENTS[argument]))} | {cell(following)} |")
    return "\n".join(out) + "\n", len(rows)


def rule(r):
    tests = lambda names: ", ".join(f"`{n}`" for n in names)
    out = [f"\n### {r['id']}\n", f"**{cell(r['title'])}** ({r['severity']}, revision {r['rev']})\n", cell(r["why"]) + "\n",
           f"Matches `{r['match']['fact']}` facts. " + ", ".join(link(x) for x in r["refs"]) + ".\n"]
    if r.get("tests"):
        out.append(f"Hits {tests(r['tests']['hit'])}; not {tests(r['tests']['miss'])}.\n")
    return "\n".join(out)


def rules():
    packs = [json.loads(p.read_text()) for p in sorted(pathlib.Path("rules/packs").glob("*.json"))]
    every = [(p["pack"], r) for p in packs for r in p["rules"]]
    out = ["# Rules\n", NOTE.format("rules/packs"),
           "Medium findings make a file suspicious, high and critical ones malicious; low and info leave it clean.\n"
           "`modelassay explain RULE` prints the same in a terminal. Each rule names corpus recipes that it matches and\n"
           "near misses that it does not match; `make check` tests both.\n",
           "| Rule | Severity | Pack | Title |\n|---|---|---|---|"]
    for s in SEVERITIES:
        out += [f"| [{r['id']}](#{r['id'].lower()}) | {s} | {pack} | {cell(r['title'])} |" for pack, r in every if r["severity"] == s]
    for p in packs:
        out.append(f"\n## {p['pack']}\n")
        out += [rule(r) for r in p["rules"]]
    return "\n".join(out) + "\n", len(every)


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    help_text = subprocess.run([binary, "scan", "--help"], capture_output=True, text=True, check=True).stdout
    folder.mkdir(parents=True, exist_ok=True)
    for name, (text, count) in (("LIMITS.md", limits(help_text)), ("FACTS.md", facts()), ("GAPS.md", gaps()), ("RULES.md", rules())):
        (folder / name).write_text(re.sub(r"\n{3,}", "\n\n", text))
        print(f"{name}: {count}")


if __name__ == "__main__":
    main()
