"""zips.py - hostile zip archives, one build_<case>() -> bytes each.

Own packing, so that every field can lie.  The payloads are inert text: what is
tested is which bytes are read as which member.  EXPECT names the anomaly slugs
that a case must at least raise; HONEST cases must raise none.
"""
import struct
import zlib

STORED, DEFLATED, ENCRYPTED, DESCRIPTOR = 0, 8, 0x1, 0x8
SYSTEM_0 = b"cposix\nsystem\n(S'id'\ntR."    # protocol 0: no first bytes to search for


def deflate(data):
    c = zlib.compressobj(9, zlib.DEFLATED, -15)
    return c.compress(data) + c.flush()


class Member:
    """A member; local_* override what the local header says."""

    def __init__(self, name, data=b"data", method=STORED, flags=0, **lies):
        self.name, self.data, self.method, self.flags = name, data, method, flags
        self.packed = deflate(data) if method == DEFLATED else data
        self.crc, self.size, self.csize = zlib.crc32(data), len(data), len(self.packed)
        self.central = dict(lies.pop("central", {}))
        self.local = dict(lies.pop("local", {}))
        self.descriptor = lies.pop("descriptor", b"")
        assert not lies, lies

    def fields(self, lies):
        f = dict(name=self.name, flags=self.flags, method=self.method, crc=self.crc,
                 csize=self.csize, size=self.size, extra=b"")
        f.update(lies)
        return f

    def local_bytes(self):
        f = self.fields(self.local)
        return struct.pack("<IHHHHHIIIHH", 0x04034b50, 20, f["flags"], f["method"], 0, 33,
                           f["crc"], f["csize"], f["size"], len(f["name"]), len(f["extra"])
                           ) + f["name"] + f["extra"] + self.packed + self.descriptor

    def central_bytes(self, at):
        f = self.fields(self.central)
        at = f.get("at", at)
        return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, f.get("made_by", 20), 20, f["flags"], f["method"], 0,
                           33, f["crc"], f["csize"], f["size"], len(f["name"]), len(f["extra"]),
                           0, 0, 0, f.get("mode", 0) << 16, at) + f["name"] + f["extra"]


def end(count, dir_bytes, dir_at, comment=b"", comment_bytes=None):
    n = len(comment) if comment_bytes is None else comment_bytes
    return struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, count, count, dir_bytes, dir_at, n) + comment


def end64(count, dir_bytes, dir_at, at):
    """zip64 end record at `at`, and its locator."""
    return struct.pack("<IQHHIIQQQQ", 0x06064b50, 44, 45, 45, 0, 0, count, count, dir_bytes, dir_at
                       ) + struct.pack("<IIQI", 0x07064b50, 0, at, 1)


def archive(members, base=0, count=None, gap=b"", comment=b"", hidden=(), **lies):
    """base: added to offsets.  hidden: members left out of the directory."""
    body, places = b"", []
    for m in list(members) + list(hidden):
        places.append(base + len(body))
        body += m.local_bytes()
    body += gap
    directory = b"".join(m.central_bytes(at) for m, at in zip(members, places))
    return body + directory + end(len(members) if count is None else count,
                                  lies.get("dir_bytes", len(directory)),
                                  lies.get("dir_at", base + len(body)), comment,
                                  lies.get("comment_bytes"))


def two(**first):
    return [Member(b"a.txt", b"first member", **first), Member(b"b.txt", b"second member")]


# --- honest ---------------------------------------------------------------

def build_honest():
    return archive(two(method=DEFLATED))


def build_honest_descriptor():
    m = Member(b"a.txt", b"streamed", flags=DESCRIPTOR, local=dict(crc=0, csize=0, size=0))
    m.descriptor = struct.pack("<IIII", 0x08074b50, m.crc, m.csize, m.size)
    return archive([m])


def build_honest_nested():
    return archive([Member(b"inner.zip", build_honest()), Member(b"x", b"y")])


def build_honest_zip64():
    m = Member(b"a", b"x")
    body, directory = m.local_bytes(), m.central_bytes(0)
    return (body + directory + end64(1, len(directory), len(body), len(body) + len(directory)) +
            end(1, len(directory), len(body)))


# --- the whole archive ----------------------------------------------------

def build_prefix():
    """zipfile reads it, libzip does not."""
    return b"MZ" + bytes(62) + archive(two())


def build_prefix_adjusted():
    return b"GGUF" + bytes(60) + archive(two(), base=64)


def build_prefix_long_comment():
    """Polyglot: the end record hides before a comment of 60,000 bytes."""
    return b"GGUF\x03\0\0\0" + bytes(56) + archive(two(), comment=b"c" * 60000)


def build_concatenated():
    """libzip takes the first, zipfile the second."""
    return archive([Member(b"a.txt", b"seen by libzip")]) + archive([Member(b"a.txt", b"by zipfile")])


def build_concatenated_in_comment():
    inner = archive([Member(b"c.txt", b"in the comment")])
    return archive(two(), comment=inner)


def build_trailing():
    return archive(two()) + b"trailing bytes"


def build_gap():
    """Hidden bytes before the directory; even ZIP_CHECKCONS reads on."""
    return archive(two(), gap=b"hidden" * 10)


def build_comment():
    return archive(two(), comment=b"made by hand")


def build_comment_past_end():
    return archive(two(), comment_bytes=500)


def build_no_end():
    whole = archive(two())
    return whole[:-22]


def build_count_too_small():
    """libzip refuses, zipfile reads all."""
    return archive(two(), count=1)


def build_count_too_large():
    return archive(two(), count=3)


def build_count64_differs():
    ms = two()
    body = b"".join(m.local_bytes() for m in ms)
    directory = ms[0].central_bytes(0) + ms[1].central_bytes(len(ms[0].local_bytes()))
    return (body + directory + end64(2, len(directory), len(body), len(body) + len(directory)) +
            end(1, len(directory), len(body)))


def build_two_directories():
    """The end record leads to one directory, the zip64 end record to another."""
    a, b = Member(b"a.txt", b"by the end record"), Member(b"b.txt", b"by zip64")
    body = a.local_bytes() + b.local_bytes()
    one, other = a.central_bytes(0), b.central_bytes(len(a.local_bytes()))
    at = len(body) + len(one) + len(other)
    return (body + one + other + end64(1, len(other), len(body) + len(one), at) +
            end(1, len(one), len(body)))


def build_end64_early():
    """The zip64 end record stands before the directory: a reader that only
    follows the locator takes it; libzip and zipfile do not."""
    a, b = Member(b"a.txt", b"counted"), Member(b"b.txt", b"not counted")
    body = a.local_bytes() + b.local_bytes()
    both = end64(1, len(a.central_bytes(0)), len(body) + 56, len(body))
    record, locator = both[:56], both[56:]
    directory = a.central_bytes(0) + b.central_bytes(len(a.local_bytes()))
    return (body + record + directory + locator +
            end(0xffff, 0xffffffff, 0xffffffff))


def build_no_directory():
    return archive(two(), dir_at=5)


def build_directory_bytes_wrong():
    return archive(two(), dir_bytes=60)


# --- members --------------------------------------------------------------

def build_duplicate_name():
    return archive([Member(b"data.pkl", b"first"), Member(b"data.pkl", b"second, taken by zipfile")])


def build_local_name_differs():
    """libzip reads it, zipfile refuses."""
    return archive(two(local=dict(name=b"z.txt")))


def build_local_size_differs():
    return archive(two(local=dict(csize=3, size=3)))


def build_local_method_differs():
    return archive(two(local=dict(method=DEFLATED)))


def build_local_crc_differs():
    return archive(two(local=dict(crc=0x12345678)))


def build_local_flags_differ():
    """The local header says encrypted: every loader reads it all the same."""
    return archive(two(local=dict(flags=ENCRYPTED)))


def build_descriptor_missing():
    return archive(two(flags=DESCRIPTOR))


def build_understated_size():
    """libzip gives 100 bytes of a member that declares 10."""
    lie = dict(size=10)
    return archive([Member(b"a.txt", b"x" * 100, DEFLATED, local=lie, central=lie)])


def build_overstated_size():
    lie = dict(size=0xfffffffe)
    return archive([Member(b"a.txt", b"x" * 100, DEFLATED, central=lie)])


def build_crc_wrong():
    lie = dict(crc=1)
    return archive([Member(b"a.txt", b"x" * 100, local=lie, central=lie)])


def large_stored(**lie):
    """A member of 2.5 MiB between small ones: its CRC is joined from blocks that were read for the search."""
    return archive([Member(b"a.txt", b"words"), Member(b"large.dat", bytes(range(251)) * 10445, local=lie, central=lie), Member(b"b.txt", b"more")])


def build_crc_wrong_large(): return large_stored(crc=1)
def build_large(): return large_stored()


def build_local_only():
    return archive([Member(b"a.txt")], hidden=[Member(b"hidden.pkl", b"in no directory")])


def build_bad_offset():
    return archive([Member(b"a.txt", central=dict(at=7)), Member(b"b.txt")])


def build_overlap():
    """One local header, two names."""
    return archive([Member(b"a.txt"), Member(b"b.txt", central=dict(at=0))])


def build_overlap_quoted():
    """The first member's data swallows the second's header (a quoting bomb)."""
    b = Member(b"b.txt", b"kernel")
    n = len(b.local_bytes()) + 1
    lie = dict(csize=n, size=n)
    return archive([Member(b"a.txt", b"q", local=lie, central=lie), b])


def build_truncated_member():
    lie = dict(csize=5000, size=5000)
    return archive([Member(b"a.txt", local=lie, central=lie)])


def build_encrypted():
    return archive(two(flags=ENCRYPTED))


def build_unsupported_method():
    """Deflate64."""
    return archive(two(local=dict(method=9), central=dict(method=9)))


def build_traversal_dots():
    return archive([Member(b"../../etc/x")])


def build_traversal_absolute():
    return archive([Member(b"/etc/x")])


def build_traversal_drive():
    return archive([Member(b"C:x")])


def build_traversal_backslash():
    return archive([Member(b"..\\x")])


def build_traversal_nul():
    return archive([Member(b"a.txt\0.pkl")])


def link(name, target, method=STORED):
    return Member(name, target, method, central=dict(mode=0o120777, made_by=3 << 8 | 20))


def build_link_absolute():
    """A write through a link: unzip creates the link and then the file behind it."""
    return archive([link(b"d", b"/tmp"), Member(b"d/x", b"written to /tmp")])


def build_link_climbs(): return archive([link(b"a/b", b"c/../../../etc", DEFLATED)])
def build_link_inside(): return archive([link(b"a/b", b"../c/./d"), Member(b"c/d", b"text")])


def torch_members(root, pickle):
    return [Member(root + b"/data.pkl", pickle), Member(root + b"/version", b"3\n")]


def build_last_end_nested():
    """The archive that torch.load reads lies in the data of a member of the one before it, and
    sixteen end records keep libzip from comparing."""
    evil, fill = torch_members(b"y", SYSTEM_0), end(0, 0, 0) * 16
    size = len(fill) + len(archive(evil))
    honest = torch_members(b"x", b"\x80\x02}.")
    lie = dict(csize=size, size=size)
    swallow = Member(b"x/data/0", b"", central=lie, local=lie)
    body = b"".join(m.local_bytes() for m in honest)
    places = [0, len(honest[0].local_bytes())]
    directory = b"".join(m.central_bytes(at) for m, at in zip(honest, places))
    dir_bytes = len(directory) + len(swallow.central_bytes(0))
    directory += swallow.central_bytes(len(body) + dir_bytes + 22)
    first = body + directory + end(3, dir_bytes, len(body)) + swallow.local_bytes()
    return first + fill + archive(evil, base=len(first) + len(fill))


def torch_deflated(data):
    return archive(torch_members(b"x", b"\x80\x02}.") + [Member(b"x/data/0", data, DEFLATED)])


def build_torch_bomb(): return torch_deflated(bytes(64 << 20))
def build_torch_deflated(): return torch_deflated(bytes(1 << 20))


def torch_package(*modules):
    files = {b"p/model/model.pkl": b"\x80\x02cargparse\nNamespace\n)R.", b"p/.data/extern_modules": b"os\n", b"p/.data/version": b"6\n"}
    return archive([Member(n, d) for n, d in (files | dict(modules)).items()])


def build_torch_package(): return torch_package((b"p/argparse.py", b"class Namespace: pass\n"))
def build_torch_package_data(): return torch_package()


def torchserve(handler, *more):
    manifest = b'{"runtime": "python", "model": {"modelName": "m", "handler": "' + handler + b'"}}'
    return archive([Member(b"MAR-INF/MANIFEST.json", manifest), *more])


def build_torchserve_handler(): return torchserve(b"service.py:handle", Member(b"service.py", b"import os\n"))
def build_torchserve_builtin(): return torchserve(b"image_classifier")
def build_skops(): return archive([Member(b"schema.json", b'{"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "protocol": 2}')])
def build_unread_model(): return archive([Member(b"m/saved_model.pb", b"not a protocol buffer"), Member(b"m/README.md", b"text")])
def build_unread_text(): return archive([Member(b"m/notes.txt", b"not a protocol buffer"), Member(b"m/saved_model.pb", b"")])


def ends(count):
    """Empty archives in front of one."""
    return end(0, 0, 0) * count + archive(two(), base=22 * count)


def build_many_ends(): return ends(20)
def build_some_ends(): return ends(3)


EXPECT = {
    "link_absolute": ["zip-link-escape"],
    "link_climbs": ["zip-link-escape"],
    "link_inside": ["zip-link"],
    "last_end_nested": ["zip-concatenated", "zip-not-compared"],
    "many_ends": ["zip-concatenated", "zip-not-compared"],
    "some_ends": ["zip-concatenated"],
    "prefix": ["zip-prefix", "zip-libzip-refuses"],
    "prefix_adjusted": ["zip-prefix"],
    "prefix_long_comment": ["zip-prefix", "zip-comment"],
    "concatenated": ["zip-concatenated", "zip-libzip-differs"],
    "concatenated_in_comment": ["zip-concatenated"],
    "trailing": ["zip-trailing"],
    "gap": ["zip-gap"],
    "comment": ["zip-comment"],
    "comment_past_end": ["zip-truncated"],
    "no_end": ["zip-truncated", "zip-local-only"],
    "count_too_small": ["zip-count-wrong", "zip-libzip-refuses"],
    "count_too_large": ["zip-count-wrong"],
    "count64_differs": ["zip-count-wrong"],
    "two_directories": ["zip-bad-offset"],
    "end64_early": ["zip-bad-offset"],
    "no_directory": ["zip-bad-offset"],
    "directory_bytes_wrong": ["zip-bad-offset"],
    "duplicate_name": ["zip-duplicate-name"],
    "local_name_differs": ["zip-local-name-differs"],
    "local_size_differs": ["zip-local-size-differs"],
    "local_method_differs": ["zip-local-method-differs"],
    "local_crc_differs": ["zip-local-crc-differs"],
    "local_flags_differ": ["zip-local-flags-differ", "zip-encrypted"],
    "descriptor_missing": ["zip-local-size-differs"],
    "understated_size": ["zip-libzip-differs"],
    "overstated_size": ["zip-local-size-differs"],
    "crc_wrong": ["zip-libzip-differs"],
    "local_only": ["zip-local-only"],
    "bad_offset": ["zip-bad-offset"],
    "overlap": ["zip-overlap"],
    "overlap_quoted": ["zip-overlap"],
    "truncated_member": ["zip-truncated"],
    "encrypted": ["zip-encrypted"],
    "unsupported_method": ["zip-unsupported-method"],
    "traversal_dots": ["zip-traversal"],
    "traversal_absolute": ["zip-traversal"],
    "traversal_drive": ["zip-traversal"],
    "traversal_backslash": ["zip-traversal"],
    "traversal_nul": ["zip-traversal"],
}
HONEST = ["torch_deflated", "honest", "honest_descriptor", "honest_nested", "honest_zip64"]


def cases():
    """(name, bytes) of every case."""
    return [(k[6:], f()) for k, f in sorted(globals().items()) if k.startswith("build_")]
