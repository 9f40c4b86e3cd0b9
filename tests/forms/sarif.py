#!/usr/bin/env python3
"""SARIF 2.1.0 as the specification has it, against the JSON report of the same files; and by Microsoft's
validator where it is installed (make check-long does).  usage: sarif.py BINARY WORKDIR"""
import copy
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from checks import built_corpus, case, check, finish  # noqa: E402

LEVEL = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
FOLDERS = ["torch", "safetensors", "gguf", "zip", "exec", "npy"]
URI = re.compile(r"(file://)?[A-Za-z0-9/._~%-]+")


def scan(binary, form, *paths, cwd=None):
    r = subprocess.run([binary, "scan", "--format", form, *paths], capture_output=True, timeout=60, cwd=cwd)
    return r.returncode, json.loads(r.stdout)


def placeholders(text):
    """Braces that do not stand doubled (3.11.5)."""
    return re.search(r"[{}]", text.replace("{{", "").replace("}}", ""))


def check_rules(driver):
    ids = [r["id"] for r in driver["rules"]]
    check(len(ids) == len(set(ids)), "a rule stands twice")                      # 3.19.23
    check(all(r["defaultConfiguration"]["level"] == LEVEL[r["properties"]["severity"]] for r in driver["rules"]), "level of a rule")
    check(re.fullmatch("[0-9a-f]{64}", driver["properties"]["rulesetSha256"]), "digest of the rule set")
    check(not any(placeholders(r["fullDescription"]["text"]) for r in driver["rules"]), "braces in a rule")


def check_artifacts(run, base):
    for a in run["artifacts"]:
        uri = a["location"]["uri"]
        path = os.path.join(os.fsencode(base), urllib.parse.unquote_to_bytes(uri.removeprefix("file://")))
        data = open(path, "rb").read()
        check(URI.fullmatch(uri), f"uri {uri}")                                  # RFC 3986, 3.4.3
        check(a["length"] == len(data), f"{uri}: length")                        # 3.24.5
        check(a["hashes"]["sha-256"] == hashlib.sha256(data).hexdigest(), f"{uri}: digest")


def check_result(run, r, member):
    rule = run["tool"]["driver"]["rules"][r["ruleIndex"]]
    check(rule["id"] == r["ruleId"] and r["level"] == LEVEL[rule["properties"]["severity"]], f"{r['ruleId']}: index or level")   # 3.27.6
    check(not placeholders(r["message"]["text"]) and "](" not in r["message"]["text"], f"{r['ruleId']}: {r['message']['text']}")
    place = r["locations"][0]
    at, region = place["physicalLocation"]["artifactLocation"], place["physicalLocation"]["region"]
    artifact = run["artifacts"][at["index"]]
    check(artifact["location"]["uri"] == at["uri"], "index of an artifact")      # 3.4.5
    check(region["startLine"] == 1, "startLine")
    check(("byteOffset" in region) != member, f"{r['ruleId']}: a byte offset is one of the file itself")
    if not member:
        check(region["byteOffset"] + region["byteLength"] <= artifact["length"], f"{r['ruleId']}: region within the file")


def check_log(log, report, base):
    run, = log["runs"]
    check(log["version"] == "2.1.0" and "2.1.0" in log["$schema"], "version")
    check_rules(run["tool"]["driver"])
    check_artifacts(run, base)
    found = [(f, x) for f in report["files"] for x in f["findings"]]
    check(len(found) == len(run["results"]), "a result a finding")
    for (f, x), r in zip(found, run["results"]):
        check_result(run, r, x["where"] != f["path"])
        check((r["ruleId"], r["properties"]["offset"]) == (x["rule"], x["offset"]), "order of the results")
        check(r["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == x["where"], "place of a result")
    prints = [r["partialFingerprints"]["modelassay/v1"] for r in run["results"]]
    check(len(set(prints)) == len(prints), "two results share a fingerprint")
    gaps = sum(len(f["coverage"]["not_scanned"]) for f in report["files"]) + len(report["not_scanned"])
    invocation, = run["invocations"]
    check(len(invocation["toolExecutionNotifications"]) == gaps, "a notification a gap")
    whole = all(f["coverage"]["complete"] for f in report["files"])
    check(invocation["executionSuccessful"] == whole, "executionSuccessful")     # 3.20.14
    check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", invocation["endTimeUtc"]), "endTimeUtc")   # 3.9
    return prints


def check_stable(binary, work, made):
    """The same model in another place, and behind another size of the file, keeps its fingerprints."""
    prints = []
    for where in ("one", "two/three"):
        folder = work / where / "models"
        folder.mkdir(parents=True)
        shutil.copy(made / "torch/os-system.pt", folder / "m.pt")
        with open(folder / "m.pkl", "wb") as f:
            f.write(b"\x80\x02" + b"K\x010" * (len(where) % 7) + b"cposix\nsystem\nX\x02\x00\x00\x00id\x85R.")
        _, log = scan(binary, "sarif", "models", cwd=work / where)
        prints.append([(r["ruleId"], r["partialFingerprints"]["primaryLocationLineHash"]) for r in log["runs"][0]["results"]])
    check(prints[0] == prints[1] and len(prints[0]) >= 4, "fingerprints move with folders or bytes")
    _, log = scan(binary, "sarif", str(folder))
    check([r["partialFingerprints"]["modelassay/v1"] for r in log["runs"][0]["results"]] == [p for _, p in prints[0]],
          "fingerprints depend on how the folder is named")


def multitool():
    at = os.environ.get("SARIF_MULTITOOL") or "build/npm/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
    return at if os.path.exists(at) else None


def validate(tool, log, path):
    """Number of errors and warnings that are not mere advice on the producer (SARIF2005: no home page)."""
    path.write_text(json.dumps(log))
    out = path.with_suffix(".out")
    env = dict(os.environ, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT="1")
    subprocess.run([tool, "validate", str(path), "--output", str(out), "--log", "ForceOverwrite"], capture_output=True, timeout=120, env=env)
    results = json.loads(out.read_text("utf-8-sig"))["runs"][0]["results"]
    return [r for r in results if r.get("level", "warning") in ("error", "warning") and not r["ruleId"].startswith("SARIF2005")]


def check_foreign(log, work):
    tool = multitool()
    if tool is None:
        print("sarif: no sarif-multitool here (make test-deps installs it): its validation is not run")
        return
    wrong = validate(tool, log, work / "good.sarif")
    check(not wrong, f"sarif-multitool: {json.dumps(wrong)[:600]}")
    bad = copy.deepcopy(log)
    bad["runs"][0]["results"][0]["ruleIndex"] = -7
    del bad["runs"][0]["invocations"][0]["executionSuccessful"]
    check(validate(tool, bad, work / "bad.sarif"), "sarif-multitool takes anything")


def main():
    binary, work = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).absolute()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    made = built_corpus(work / "made")
    case("a log against the JSON report of the same files")
    code, log = scan(binary, "sarif", *FOLDERS, cwd=made)
    same, report = scan(binary, "json", *FOLDERS, cwd=made)
    check(code == same == 1, f"exit {code}")
    check_log(log, report, made)
    case("a clean file")
    code, clean = scan(binary, "sarif", "torch/state-dict.pt", cwd=made)
    check(code == 0 and clean["runs"][0]["results"] == [] and clean["runs"][0]["invocations"][0]["executionSuccessful"], "a clean file")
    case("a missing file")
    _, gone = scan(binary, "sarif", "missing.pt", cwd=made)
    check(gone["runs"][0]["invocations"][0]["executionSuccessful"] is False, "a missing file is no success")
    check("hashes" not in gone["runs"][0]["artifacts"][0], "a digest of nothing")
    case("fingerprints")
    check_stable(binary, work, made)
    case("the validator of Microsoft")
    check_foreign(log, work)
    return finish("sarif")


if __name__ == "__main__":
    sys.exit(main())
