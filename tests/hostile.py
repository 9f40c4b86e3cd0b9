#!/usr/bin/env python3
"""Hostile names over every writer: whatever a file or a member is called, text
stays printable and JSON stays JSON.  usage: hostile.py BINARY WORKDIR"""
import html.parser
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from checks import case, check, finish  # noqa: E402

NAMES = [b"plain", b"a\x1b[31mred", b"tab\tname", b"new\nline", b"cr\rname", b"quote\"name", b"back\\slash", b"\xff\xfe raw",
         "bidi\u202egnp.exe".encode(), "zero\u200bwidth".encode(), "c1\u009bcsi".encode(), b"<script>alert(1)",
         b"::error file=x::y", b"[a](http:\xe2\x88\x95\xe2\x88\x95x)", b"`code` **b** |", b"{0}&amp;", b"C:x", b"%41",
         b"a!b", b"%s%n%x", "\U0001f600".encode(), b"-rf", b"a'b", b"bell\x07", b"del\x7f"]
EVIL = b"\x80\x02cposix\nsystem\nX\x05\x00\x00\x00\x1b[2Jx\x85R."
HTML_TAGS = set("html head meta title style body h1 h2 h3 p span code section table tr th td br details summary svg rect".split())


def safe(text):
    """No control character but the newline, nothing that reorders or hides text."""
    return all(c == "\n" or (ord(c) >= 0x20 and not 0x7f <= ord(c) < 0xa0
                             and ord(c) not in (0x200b, 0x200e, 0x200f, 0x202a, 0x202e, 0x2066, 0xfeff)) for c in text)


def run(binary, *args):
    r = subprocess.run([binary, *args], capture_output=True, timeout=60)
    return r.returncode, r.stdout, r.stderr


class Tags(html.parser.HTMLParser):
    """Every element and attribute that a browser would see."""
    def __init__(self, text):
        super().__init__()
        self.seen = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def forms(binary, work):
    case("sarif")
    code, out, err = run(binary, "scan", "--format", "sarif", str(work.absolute()))
    log = json.loads(out)["runs"][0]
    check(len(log["artifacts"]) == 2 * len(NAMES), "sarif: an artifact a file")
    for a in log["artifacts"]:
        uri = a["location"]["uri"]
        check(re.fullmatch("file://[A-Za-z0-9/._~%-]+", uri), f"sarif: {uri!r}")
        check(os.path.exists(urllib.parse.unquote_to_bytes(uri[7:])), f"sarif: {uri!r} does not lead back to its file")
    check(all(safe(r["message"]["text"]) for r in log["results"]), "sarif: unsafe characters in a message")
    case("hf")
    code, out, err = run(binary, "scan", "--format", "hf", str(work))
    files = json.loads(out)["files"]
    check(len(files) == 2 * len(NAMES) and not any(f["security"]["safe"] for f in files), "hf: none is safe")
    check(all(os.path.exists(bytes.fromhex(f["path_hex"]) if "path_hex" in f else f["path"].encode()) for f in files), "hf: paths")
    check(all(safe(i["module"] + i["name"]) for f in files for i in (f["security"]["pickleImportScan"] or {"imports": []})["imports"]), "hf: imports")
    case("md")
    code, out, err = run(binary, "scan", "--format", "md", str(work))
    text = out.decode()
    check(safe(text) and text.count("\n#### <code>") == 2 * len(NAMES), "md: a section a file, nothing unsafe")
    check({tag for tag, attrs in Tags(text).seen} == {"code"}, "md: elements of a hostile name")
    inner = re.findall("<code>(.*?)</code>", text)
    check(inner and all(re.fullmatch(r"([A-Za-z0-9 ,\u0080-\U0010ffff]|&#\d+;)*", s) for s in inner), "md: punctuation of a hostile name")


    case("html")
    code, out, err = run(binary, "scan", "--format", "html", str(work))
    text = out.decode()
    seen = Tags(text).seen
    check(safe(text) and sum(tag == "section" for tag, attrs in seen) == 2 * len(NAMES), "html: a section a file, nothing unsafe")
    check({tag for tag, attrs in seen} <= HTML_TAGS, f"html: {sorted({tag for tag, attrs in seen} - HTML_TAGS)} from a hostile name")
    check(not any(name.startswith("on") or name in ("href", "src", "style") for tag, attrs in seen for name in attrs), "html: an attribute of a hostile name")
    check("script" not in text.replace("&#60;script&#62;", "") and "default-src 'none'" in text, "html: inert")


def main():
    binary, work = sys.argv[1], pathlib.Path(sys.argv[2])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    folder = os.fsencode(work)
    for i, name in enumerate(NAMES):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as z:
            z.writestr(zipfile.ZipInfo(name.decode("latin-1")), EVIL)
        with open(os.path.join(folder, name + b".pt"), "wb") as f:
            f.write(out.getvalue())
        with open(os.path.join(folder, name + b".pkl"), "wb") as f:
            f.write(EVIL.replace(b"system", b"sys\x1btem" if i % 2 else b"system"))
    case("text")
    code, out, err = run(binary, "scan", "-v", str(work))
    check(code in (1, 2), f"text: exit {code}")
    check(safe(out.decode("utf-8")), "text: unsafe characters on stdout")
    check(safe(err.decode("utf-8")), "text: unsafe characters on stderr")
    check(out.count(b".pt: ") >= len(NAMES), "text: a verdict line is missing")
    case("json")
    code, out, err = run(binary, "scan", "--format", "json", str(work))
    report = json.loads(out)
    check(len(report["files"]) == 2 * len(NAMES), "json: every file is in the report")
    check(all(f["verdict"] in ("malicious", "incomplete", "suspicious") for f in report["files"]), "json: none is clean")
    for f in report["files"]:
        raw = bytes.fromhex(f["path_hex"]) if "path_hex" in f else f["path"].encode()
        check(os.path.exists(raw), f"json: {f['path']!r} does not lead back to its file")
        check(all(safe(x["evidence"]) and safe(x["where"].replace(f["path"], "")) for x in f["findings"]), f"json: evidence of {f['path']!r}")
    case("jsonl")
    code, out, err = run(binary, "scan", "--format", "jsonl", str(work))
    check(len([json.loads(line) for line in out.splitlines()]) == 2 * len(NAMES), "jsonl: a line a file")
    forms(binary, work)
    for name in NAMES:
        case(f"inspect {name!r}")
        path = os.path.join(folder, name + b".pt")
        code, out, err = run(binary, "inspect", path if not name.startswith(b"-") else b"./" + path)
        check(all(json.loads(line)["fact"] for line in out.splitlines()), f"inspect: {name!r}")
        check(safe(err.decode("utf-8", "replace").replace("\ufffd", "?")) , f"inspect: stderr of {name!r}")
    return finish("hostile")


if __name__ == "__main__":
    sys.exit(main())
