"""A verifier of its own, by the texts of DSSE, in-toto and OpenSSF Model Signing v1.0, with Debian's python3-cryptography.
usage: verify.py PUB.pem BUNDLE MODEL-FOLDER"""
import base64, hashlib, json, pathlib, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def refuse(why):
    print("refused", why)
    sys.exit(1)


pub, file, folder = sys.argv[1:]
pem = open(pub, "rb").read()
key, bundle = load_pem_public_key(pem), json.load(open(file))
if bundle["mediaType"] != "application/vnd.dev.sigstore.bundle.v0.3+json":
    refuse("media type")
if bundle["verificationMaterial"]["publicKey"]["hint"] != hashlib.sha256(pem).hexdigest():
    refuse("hint")
env = bundle["dsseEnvelope"]
body, kind, (sig,) = base64.b64decode(env["payload"], validate=True), env["payloadType"].encode(), env["signatures"]
pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)
raw = base64.b64decode(sig["sig"], validate=True)
try:
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(raw, pae)
    else:
        key.verify(raw, pae, ec.ECDSA({256: hashes.SHA256, 384: hashes.SHA384, 521: hashes.SHA512}[key.curve.key_size]()))
except InvalidSignature:
    refuse("signature")
s = json.loads(body)
if kind != b"application/vnd.in-toto+json" or s["_type"] != "https://in-toto.io/Statement/v1":
    refuse("statement")
there = {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in pathlib.Path(folder).rglob("*") if p.is_file()}
if s["predicateType"].endswith("model_signing/signature/v1.0"):
    rows = s["predicate"]["resources"]
    listed = {r["name"]: r["digest"] for r in rows}
    order = [r["digest"] for r in rows]
    if [r["name"] for r in rows] != sorted(listed) or len(s["subject"]) != 1:
        refuse("order")
else:
    listed = {x["name"]: x["digest"]["sha256"] for x in s["subject"][1:]}
    order = [listed[n] for n in sorted(listed)]
root = hashlib.sha256(b"".join(bytes.fromhex(d) for d in order)).hexdigest()
if root != s["subject"][0]["digest"]["sha256"] or s["subject"][0]["name"] != pathlib.Path(folder).name:
    refuse("root")
for name in sorted(set(listed) | set(there)):
    if listed.get(name) != there.get(name):
        refuse(name)
print("verified", s["predicateType"])
