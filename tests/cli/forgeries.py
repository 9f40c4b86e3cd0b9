#!/usr/bin/env python3
"""Forged bundles, each under a good signature of the trusted key where that can be, and each refused with its own
reason; then bundles as other tools write them, which verify.  usage: forgeries.py BINARY"""
import base64
import copy
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from checks import check, finish  # noqa: E402
from mk import recipe  # noqa: E402

PAYLOAD = "application/vnd.in-toto+json"
ROOT = pathlib.Path(__file__).resolve().parents[2]
tool = str(pathlib.Path(sys.argv[1]).resolve())
number = 0


def openssl(*words):
    return subprocess.run(["openssl", *words], check=True, capture_output=True).stdout


def sign(message):
    pathlib.Path("message").write_bytes(message)
    return openssl("dgst", "-sha256", "-sign", "k.key", "message")


def payload(bundle):
    return json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))


def wrap(body, like, kind=PAYLOAD):
    """body (bytes, or something for json.dumps) under a good signature."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    b = copy.deepcopy(like)
    signature = sign(b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(body), body))
    b["dsseEnvelope"] = {"payload": base64.b64encode(body).decode(), "payloadType": kind,
                         "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}]}
    return b


def changed(bundle, *path_and_value):
    """The bundle, signed again, with one value of its statement replaced, or removed by None."""
    *path, last, value = path_and_value
    statement = payload(bundle)
    at = statement
    for p in path:
        at = at[p]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return wrap(statement, bundle)


def edited(bundle, edit):
    """A copy of the bundle on which edit() was called; not signed again."""
    b = copy.deepcopy(bundle)
    edit(b)
    return b


def verify(name, kind, reason, bundle, exit_code, path="model"):
    global number
    number += 1
    text = bundle if isinstance(bundle, (str, bytes)) else json.dumps(bundle)
    pathlib.Path("forged.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    run = subprocess.run([tool, "verify", path, "--key", "k.pub", "--type", kind, "--bundle", "forged.json"],
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    said = (run.stdout + run.stderr).decode(errors="backslashreplace")
    check(run.returncode == exit_code and any(r in said for r in reason.split("|")),
          f"{name}: exit {run.returncode}, wanted {exit_code} and {reason!r}: {said}")


def refused(name, kind, reason, bundle):
    verify(name, kind, reason, bundle, 1)


def accepted(name, kind, bundle):
    verify(name, kind, "verified", bundle, 0)


def make_model():
    """The folder model, the key k, and a signed scan and a model signature of it."""
    files = {"torch/state-dict": "model/a.pt", "pickle/plain-data": "model/sub/b.pkl"}
    os.makedirs("model/sub")
    for r in recipe.load_all(ROOT / "corpus"):
        if r.name in files:
            pathlib.Path(files[r.name]).write_bytes(r.data())
    pathlib.Path("model/readme.txt").write_text("x")
    pathlib.Path("model/empty").touch()
    for words in ["keygen", "k"], ["attest", "model", "--key", "k.key"], ["sign", "model", "--key", "k.key"]:
        subprocess.run([tool, *words], check=True, capture_output=True)
    return (json.loads(pathlib.Path(f"model.{kind}.sigstore.json").read_text()) for kind in ("modelassay", "oms"))


def forged_envelopes(scan, oms):
    def signatures(change):
        return edited(scan, lambda b: b["dsseEnvelope"].update(signatures=change(b["dsseEnvelope"]["signatures"])))

    def signature(change):
        return signatures(lambda s: [dict(s[0], sig=change(s[0]["sig"]))])
    refused("swapped payload", "scan", "not by this key over this bundle",
            edited(scan, lambda b: b["dsseEnvelope"].update(payload=oms["dsseEnvelope"]["payload"])))
    refused("another payload type", "scan", "the payload is of type text/plain", wrap(payload(scan), scan, "text/plain"))
    refused("two signatures", "scan", "exactly one signature", signatures(lambda s: s * 2))
    refused("no signature", "scan", "exactly one signature", signatures(lambda s: []))
    refused("newline in base64", "scan", "not base64", signature(lambda s: s + "\n"))
    refused("another alphabet of base64", "scan", "not base64", signature(lambda s: s.replace("=", "") + "!"))


def forged_bundles(scan):
    text = json.dumps(scan)
    refused("key given twice", "scan", "key", text.replace('{"mediaType"', '{"mediaType":"x","mediaType"', 1))
    refused("deep nesting", "scan", "nest", '{"a":' + "[" * 5000 + "]" * 5000 + "}")
    refused("65 MiB", "scan", "too large|longer|large", b'{"a":"' + b"x" * (65 << 20) + b'"}')
    refused("trailing object", "scan", "not a Sigstore bundle", text + "{}")
    refused("NUL in a key", "scan", "no Sigstore bundle", text.replace("dsse", "ds\\u0000se"))
    refused("old media type", "scan", "no Sigstore bundle",
            edited(scan, lambda b: b.update(mediaType="application/vnd.dev.sigstore.bundle+json;version=0.1")))
    refused("hint of another key", "scan", "another key", hinted(scan, "0" * 64))
    refused("no verification material", "scan", "does not say by exactly one",
            edited(scan, lambda b: b.update(verificationMaterial={})))


def hinted(bundle, hint):
    return edited(bundle, lambda b: b["verificationMaterial"]["publicKey"].update(hint=hint))


def forged_scans(scan):
    def statement(name, reason, *path_and_value):
        refused(name, "scan", reason, changed(scan, *path_and_value))
    refused("no JSON", "scan", "statement cannot be read", wrap(b"nonsense", scan))
    twice = json.dumps(payload(scan)).replace('"verdict":', '"verdict": "PASSED", "verdict":', 1)
    refused("verdict given twice", "scan", "statement cannot be read", wrap(twice.encode(), scan))
    statement("not a statement", "not an in-toto statement", "_type", "https://example.org/x")
    statement("another predicate", "of another kind", "predicateType", "https://example.org/x")
    statement("expired", "valid until 2020", "predicate", "timing", "validUntil", "2020-01-01T00:00:00Z")
    statement("of the future", "of the future", "predicate", "timing", "scanFinishedOn", "2099-01-01T00:00:00Z")
    statement("no times", "no readable times", "predicate", "timing", None)
    statement("incomplete", "verdict is INCOMPLETE", "predicate", "verdict", "INCOMPLETE")
    statement("not covered", "did not cover everything", "predicate", "coverage", "complete", False)
    statement("coverage is a text", "did not cover everything", "predicate", "coverage", "complete", "true")
    files = payload(scan)["predicate"]["files"]
    key_file = dict(files[0], name="../k.key",
                    digest={"sha256": hashlib.sha256(pathlib.Path("k.key").read_bytes()).hexdigest()})
    statement("no files", "names no file", "predicate", "files", [])
    statement("file without a subject", "extra", "predicate", "files", files[:-1])
    statement("subject without a file", "gone.pkl: missing", "predicate", "files", files + [dict(files[0], name="gone.pkl")])
    statement("file outside the model", "missing", "predicate", "files", files + [key_file])
    statement("file given twice", "changed", "predicate", "files",
              files + [dict(files[0], digest={"sha256": "0" * 64})])


def forged_signatures(oms):
    def statement(name, reason, *path_and_value):
        refused(name, "oms", reason, changed(oms, *path_and_value))
    rows, subject = payload(oms)["predicate"]["resources"], payload(oms)["subject"]
    statement("OMS: another root", "not the root", "subject", 0, "digest", "sha256", "0" * 64)
    statement("OMS: two subjects", "exactly one subject", "subject", subject * 2)
    statement("OMS: extra field", "predicate", "predicate", "extra", 1)
    statement("OMS: another algorithm", "another algorithm", "predicate", "resources", 0, "algorithm", "blake2b")
    statement("OMS: unknown hash", "md5 is not known", "predicate", "serialization", "hash_type", "md5")
    statement("OMS: no resources", "no resources", "predicate", "resources", [])
    statement("OMS: names swapped", "changed", "predicate", "resources",
              [dict(r, name=n["name"]) for r, n in zip(rows, rows[1:] + rows[:1])])


def resources(digest, algorithm, size=None):
    """What a model signature lists: a row a file, or a row a piece of so many bytes."""
    rows = []
    files = [p for p in pathlib.Path("model").rglob("*") if p.is_file()]
    for path in sorted(files, key=lambda p: p.relative_to("model").as_posix()):
        data, name = path.read_bytes(), path.relative_to("model").as_posix()
        for at in range(0, len(data), size) if size else [0]:
            piece = data[at:at + size] if size else data
            row = f"{name}:{at}:{at + len(piece)}" if size else name
            rows.append({"name": row, "digest": digest(piece).hexdigest(), "algorithm": algorithm})
    return rows


def signature_of(oms, rows, name="model", **serialization):
    root = hashlib.sha256(b"".join(bytes.fromhex(r["digest"]) for r in rows)).hexdigest()
    return wrap({"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": name, "digest": {"sha256": root}}],
                 "predicateType": "https://model_signing/signature/v1.0",
                 "predicate": {"resources": rows, "serialization": dict(serialization, allow_symlinks=False)}}, oms)


def good_bundles(scan, oms):
    der = openssl("pkey", "-in", "k.key", "-pubout", "-outform", "DER")
    accepted("statement v0.1", "scan", changed(scan, "_type", "https://in-toto.io/Statement/v0.1"))
    accepted("hint as cosign writes it", "scan", hinted(scan, base64.b64encode(hashlib.sha256(der).digest()).decode()))
    accepted("empty hint", "scan", hinted(scan, ""))
    rows = resources(hashlib.sha256, "sha256")
    accepted("BLAKE2b", "oms", signature_of(oms, resources(hashlib.blake2b, "blake2b"), method="files", hash_type="blake2b"))
    accepted("shards, and their size as a fraction", "oms",
             signature_of(oms, resources(hashlib.sha256, "sha256-sharded-100", 100), method="shards", hash_type="sha256",
                          shard_size=100.0))
    accepted("reverse order", "oms", signature_of(oms, rows[::-1], method="files", hash_type="sha256"))
    single = [{"name": ".", "algorithm": "sha256",
               "digest": hashlib.sha256(pathlib.Path("model/a.pt").read_bytes()).hexdigest()}]
    of_one_file = signature_of(oms, single, "a.pt", method="files", hash_type="sha256")
    verify("one file", "oms", "verified", of_one_file, 0, "model/a.pt")
    verify("another file", "oms", "missing", of_one_file, 1, "model/sub/b.pkl")


def main():
    if b"__asan_init" in pathlib.Path(tool).read_bytes():      # its scans are without a sandbox, and do not verify
        print("forgeries: 0 passed, 0 failed (built with AddressSanitizer: is not run)")
        return False
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        scan, oms = make_model()
        forged_envelopes(scan, oms)
        forged_bundles(scan)
        forged_scans(scan)
        forged_signatures(oms)
        good_bundles(scan, oms)
        os.chdir(ROOT)
    check(number >= 44, f"only {number} bundles were tried")
    return finish("forgeries")


if __name__ == "__main__":
    sys.exit(main())
