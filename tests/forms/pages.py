#!/usr/bin/env python3
"""The HTML report: its byte maps against positions that are worked out here from the formats, and what a
browser makes of the page, where there is one (Debian: chromium).  usage: pages.py BINARY WORKDIR"""
import html.parser
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from checks import built_corpus, case, check, finish  # noqa: E402

CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
IMG = b"<img src=x onerror=document.title='owned'>"


class Page(html.parser.HTMLParser):
    """The rectangles of each map: class, x, width, title; and which elements were left open."""
    VOID = {"meta", "br"}

    def __init__(self, text):
        super().__init__()
        self.open, self.wrong, self.rects, self.maps, self.title = [], [], [], 0, None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        self.maps += tag == "svg" and attrs.get("class") == "map"
        if tag == "rect" and "x" in attrs:
            self.rects.append([attrs["class"], float(attrs["x"]), float(attrs["width"]), ""])

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if self.open[-1:] == ["title"] and "svg" in self.open:
            self.rects[-1][3] += data


def scan(binary, form, path, *more):
    return subprocess.run([binary, "scan", "--format", form, *more, str(path)], capture_output=True, timeout=60).stdout.decode()


def near(rect, off, length, size):
    _, x, width, _ = rect
    wanted = max(length / size * 1000, 0.6)
    return abs(x - min(off / size * 1000, 1000 - wanted)) < 0.01 and abs(width - wanted) < 0.01


def safetensors(binary, work):
    """Header, two tensors, and an executable's worth of nothing between: offsets of the format itself."""
    first, second = b"\x01" * 400, b"\x02" * 800
    header = json.dumps({"first": {"dtype": "F32", "shape": [100], "data_offsets": [0, 400]},
                         "b<i>ad": {"dtype": "F32", "shape": [200], "data_offsets": [400, 1200]}}).encode()
    header += b" " * (-len(header) % 8)
    path = work / "two.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + first + second)
    page, size, at = Page(scan(binary, "html", path)), path.stat().st_size, 8 + len(header)
    tensors = {r[3].split(":")[0]: r for r in page.rects if r[0] == "tensor"}
    check(set(tensors) == {"tensor first", "tensor b<i>ad"}, f"safetensors: {sorted(tensors)}")
    check(near(tensors["tensor first"], at, 400, size) and near(tensors["tensor b<i>ad"], at + 400, 800, size), "safetensors: places")
    check(tensors["tensor first"][3].endswith(f": 400 bytes at {at}"), "safetensors: words")
    check(any(r[0] == "header" for r in page.rects), "safetensors: a header")


def stored_member(binary, work):
    """A finding in a stored member lies where its byte lies in the archive."""
    path = work / "m.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as z:
        z.writestr("pad.bin", b"\0" * 3000)
        z.writestr("data.pkl", b"\x80\x02" + b"K\x010" * 500 + b"cposix\nsystem\nX\x02\x00\x00\x00id\x85R.")
    page = Page(scan(binary, "html", path))
    found = next(x for f in json.loads(scan(binary, "json", path))["files"] for x in f["findings"] if x["rule"] == "PICKLE-EXEC-001")
    info = zipfile.ZipFile(path).infolist()[1]
    start = info.header_offset + 30 + len("data.pkl")
    hit = next(r for r in page.rects if r[0] == "hit" and r[3].startswith("PICKLE-EXEC-001"))
    check(hit[3].endswith(f" at {start + found['offset']}"), f"member: {hit[3]}, wanted {start + found['offset']}")
    member = [r for r in page.rects if r[0] == "member" and "data.pkl" in r[3]]
    check(len(member) == 1 and near(member[0], start, info.file_size, path.stat().st_size), f"member: {member}")


def many_tensors(binary, work):
    """Fifty thousand tensors: the map stays small, and still ends where the last one ends."""
    n = 50000
    header = json.dumps({f"t{i}": {"dtype": "U8", "shape": [4], "data_offsets": [4 * i, 4 * i + 4]} for i in range(n)}).encode()
    header += b" " * (-len(header) % 8)
    path = work / "many.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4 * n))
    text = scan(binary, "html", path)
    rects = [r for r in Page(text).rects if r[0] == "tensor"]
    told = [re.fullmatch(r"tensor t\d+(?: and (\d+) more)?: (\d+) bytes at (\d+)", r[3]) for r in rects]
    check(0 < len(rects) <= 1024 and all(told), f"many: {len(rects)} rows")
    check(sum(1 + int(m[1] or 0) for m in told) == n and sum(int(m[2]) for m in told) == 4 * n, "many: tensors are missing")
    check(len(text) < 400000, f"many: {len(text)} bytes of HTML")


def without_times(text):
    return re.sub(r"\d{4}-\d\d-\d\dT\S+|sandbox: [a-z+]+", "", text)


def corpus(binary, work):
    made = built_corpus(work / "made")
    text = scan(binary, "html", made)
    page, report = Page(text), json.loads(scan(binary, "json", made))
    check(not page.open and not page.wrong, f"corpus: elements that do not close: {page.open} {page.wrong}")
    check(text.count('class="finding"') == sum(len(f["findings"]) for f in report["files"]), "corpus: every finding has a row")
    check(page.maps == sum(f["size"] > 0 and f["sha256"] is not None for f in report["files"]), "corpus: a map a file")
    check(all(0 <= x and x + w <= 1000.001 for _, x, w, _ in page.rects), "corpus: a rectangle outside its map")
    bare = scan(binary, "html", made, "--no-sandbox")
    check(without_times(text) == without_times(bare), "corpus: a worker draws another map")


def browser(binary, work):
    chromium = shutil.which("chromium")
    if chromium is None:
        print("html: no chromium here: what a browser makes of the page is not run")
        return
    folder = work / "evil"
    folder.mkdir()
    (folder / "<script>document.title='owned'<\u2044script>.pkl").write_bytes(b"\x80\x02cposix\nsystem\nX" + struct.pack("<I", len(IMG)) + IMG + b"\x85R.")
    page = work / "report.html"
    page.write_text(scan(binary, "html", folder))
    run = lambda p: subprocess.run([chromium, *CHROMIUM, f"--user-data-dir={work}/profile", f"file://{p}"], capture_output=True, timeout=90).stdout.decode()
    dom = run(page)
    check("<title>modelassay report</title>" in dom and "<svg" in dom and "PICKLE-EXEC-001" in dom, "chromium: the page")
    check("<script" not in dom and "<img" not in dom, "chromium: a name became an element")
    evil = work / "armed.html"                  # with a script put in by hand: the policy stops it, and only the policy
    evil.write_text(page.read_text().replace("</body>", "<script>document.title='owned'</script></body>"))
    check("<title>modelassay report</title>" in run(evil), "chromium: the policy lets a script run")
    evil.write_text(re.sub("<meta http-equiv[^>]*>", "", evil.read_text()))
    check("<title>owned</title>" in run(evil), "chromium: this test cannot tell whether scripts run")


def main():
    binary, work = sys.argv[1], pathlib.Path(sys.argv[2]).absolute() / "html"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for test in (safetensors, stored_member, many_tensors, corpus, browser):
        case(test.__name__)
        test(binary, work)
    return finish("html")


if __name__ == "__main__":
    sys.exit(main())
