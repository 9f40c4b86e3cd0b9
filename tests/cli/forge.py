"""Bundles that must not verify.  usage: forge.py KEY.pem SCAN-BUNDLE OMS-BUNDLE FOLDER; prints name, --type, reason."""
import base64, copy, hashlib, json, pathlib, subprocess, sys, tempfile

key, scan_file, oms_file, out = sys.argv[1:]
out = pathlib.Path(out)
out.mkdir()
scan, oms = (json.load(open(f)) for f in (scan_file, oms_file))
PAYLOAD = "application/vnd.in-toto+json"


def sign(message):
    with tempfile.NamedTemporaryFile() as f:
        f.write(message)
        f.flush()
        return subprocess.run(["openssl", "dgst", "-sha256", "-sign", key, f.name], check=True, capture_output=True).stdout


def payload(bundle):
    return json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))


def wrap(body, like=scan, kind=PAYLOAD):
    """body (bytes, or something for json.dumps) under a good signature."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    b = copy.deepcopy(like)
    pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(body), body)
    b["dsseEnvelope"] = {"payload": base64.b64encode(body).decode(), "payloadType": kind,
                         "signatures": [{"sig": base64.b64encode(sign(pae)).decode(), "keyid": ""}]}
    return b


def put(name, kind, reason, bundle):
    text = bundle if isinstance(bundle, (str, bytes)) else json.dumps(bundle)
    (out / f"{name}.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    print(name, kind, reason, sep="\t")


def changed(bundle, *path_and_value):
    *path, last, value = path_and_value
    s = payload(bundle)
    at = s
    for p in path:
        at = at[p]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return wrap(s, bundle)


b = copy.deepcopy(scan)
b["dsseEnvelope"]["payload"] = oms["dsseEnvelope"]["payload"]
put("swapped-payload", "scan", "not by this key over this bundle", b)
put("payload-type", "scan", "the payload is of type text/plain", wrap(payload(scan), kind="text/plain"))
b = copy.deepcopy(scan)
b["dsseEnvelope"]["signatures"] *= 2
put("two-signatures", "scan", "exactly one signature", b)
b = copy.deepcopy(scan)
b["dsseEnvelope"]["signatures"] = []
put("no-signature", "scan", "exactly one signature", b)
b = copy.deepcopy(scan)
b["dsseEnvelope"]["signatures"][0]["sig"] += "\n"
put("base64-newline", "scan", "no base64", b)
b = copy.deepcopy(scan)
b["dsseEnvelope"]["signatures"][0]["sig"] = b["dsseEnvelope"]["signatures"][0]["sig"].replace("=", "") + "!"
put("base64-alphabet", "scan", "no base64", b)
put("duplicate-key", "scan", "key", json.dumps(scan).replace('{"mediaType"', '{"mediaType":"x","mediaType"', 1))
put("deep", "scan", "nest", '{"a":' + "[" * 5000 + "]" * 5000 + "}")
put("huge", "scan", "too large|longer|large", b'{"a":"' + b"x" * (65 << 20) + b'"}')
put("trailing", "scan", "is no bundle", json.dumps(scan) + "{}")
put("nul", "scan", "no Sigstore bundle", json.dumps(scan).replace("dsse", "ds\\u0000se"))
b = copy.deepcopy(scan)
b["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1"
put("old-bundle", "scan", "no Sigstore bundle", b)
b = copy.deepcopy(scan)
b["verificationMaterial"]["publicKey"]["hint"] = "0" * 64
put("hint", "scan", "another key", b)
b = copy.deepcopy(scan)
b["verificationMaterial"] = {}
put("no-material", "scan", "does not say by exactly one", b)
put("no-json", "scan", "statement cannot be read", wrap(b"nonsense"))
put("duplicate-in-statement", "scan", "statement cannot be read",
    wrap(json.dumps(payload(scan)).replace('"verdict":', '"verdict": "PASSED", "verdict":', 1).encode()))
put("no-statement", "scan", "not an in-toto statement", changed(scan, "_type", "https://example.org/x"))
put("other-predicate", "scan", "of another kind", changed(scan, "predicateType", "https://example.org/x"))
put("expired", "scan", "valid until 2020", changed(scan, "predicate", "timing", "validUntil", "2020-01-01T00:00:00Z"))
put("of-the-future", "scan", "of the future", changed(scan, "predicate", "timing", "scanFinishedOn", "2099-01-01T00:00:00Z"))
put("no-times", "scan", "no readable times", changed(scan, "predicate", "timing", None))
put("incomplete", "scan", "verdict is INCOMPLETE", changed(scan, "predicate", "verdict", "INCOMPLETE"))
put("not-covered", "scan", "did not cover everything", changed(scan, "predicate", "coverage", "complete", False))
put("covered-is-text", "scan", "did not cover everything", changed(scan, "predicate", "coverage", "complete", "true"))
put("no-files", "scan", "names no file", changed(scan, "predicate", "files", []))
files = payload(scan)["predicate"]["files"]
put("file-without-subject", "scan", "extra", changed(scan, "predicate", "files", files[:-1]))
put("subject-without-file", "scan", "gone.pkl: missing", changed(scan, "predicate", "files", files + [dict(files[0], name="gone.pkl")]))
put("outside", "scan", "../k.key: missing|missing", changed(scan, "predicate", "files", files + [dict(files[0], name="../k.key", digest={"sha256": hashlib.sha256(open(key, "rb").read()).hexdigest()})]))
put("twice", "scan", "changed", changed(scan, "predicate", "files", files + [dict(files[0], digest={"sha256": "0" * 64})]))
other = payload(oms)["predicate"]["resources"]
put("oms-root", "oms", "not the root", changed(oms, "subject", 0, "digest", "sha256", "0" * 64))
put("oms-two-subjects", "oms", "exactly one subject", changed(oms, "subject", payload(oms)["subject"] * 2))
put("oms-extra-field", "oms", "predicate", changed(oms, "predicate", "extra", 1))
put("oms-algorithm", "oms", "another algorithm", changed(oms, "predicate", "resources", 0, "algorithm", "blake2b"))
put("oms-hash", "oms", "md5 is not known", changed(oms, "predicate", "serialization", "hash_type", "md5"))
put("oms-empty", "oms", "no resources", changed(oms, "predicate", "resources", []))
swapped = [dict(r, name=n["name"]) for r, n in zip(other, other[1:] + other[:1])]
put("oms-names-swapped", "oms", "changed", changed(oms, "predicate", "resources", swapped))

# What other tools write, and must be taken: exit 0.
def put_good(name, kind, bundle):
    put(name, kind, "verified\t0", bundle)


def hint(bundle, text):
    b = copy.deepcopy(bundle)
    b["verificationMaterial"]["publicKey"]["hint"] = text
    return b


def resources(digest, algorithm, size=None):
    rows = []
    for f in sorted(pathlib.Path("model").rglob("*"), key=lambda p: p.relative_to("model").as_posix()):
        if f.is_file():
            data, name = f.read_bytes(), f.relative_to("model").as_posix()
            for at in range(0, len(data), size) if size else [0]:
                piece = data[at:at + size] if size else data
                rows.append({"name": f"{name}:{at}:{at + len(piece)}" if size else name, "digest": digest(piece).hexdigest(), "algorithm": algorithm})
    return rows


def oms_of(rows, serialization, name="model"):
    root = hashlib.sha256(b"".join(bytes.fromhex(r["digest"]) for r in rows)).hexdigest()
    return wrap({"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": name, "digest": {"sha256": root}}],
                 "predicateType": "https://model_signing/signature/v1.0", "predicate": {"resources": rows, "serialization": serialization}}, oms)


der = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
put_good("statement-v0.1", "scan", changed(scan, "_type", "https://in-toto.io/Statement/v0.1"))
put_good("hint-of-cosign", "scan", hint(scan, base64.b64encode(hashlib.sha256(der).digest()).decode()))
put_good("hint-empty", "scan", hint(scan, ""))
put_good("blake2b", "oms", oms_of(resources(hashlib.blake2b, "blake2b"), {"method": "files", "hash_type": "blake2b", "allow_symlinks": False}))
put_good("shards-double", "oms", oms_of(resources(hashlib.sha256, "sha256-sharded-100", 100),
                                        {"method": "shards", "hash_type": "sha256", "allow_symlinks": False, "shard_size": 100.0}))
put_good("reverse-order", "oms", oms_of(resources(hashlib.sha256, "sha256")[::-1], {"method": "files", "hash_type": "sha256", "allow_symlinks": False}))
single = hashlib.sha256(pathlib.Path("model/a.pt").read_bytes()).hexdigest()
(out / "single.json").write_text(json.dumps(oms_of([{"name": ".", "digest": single, "algorithm": "sha256"}],
                                                   {"method": "files", "hash_type": "sha256", "allow_symlinks": False}, "a.pt")))
