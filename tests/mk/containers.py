"""containers.py - what carries pickles: npy, joblib, torch's old format, tar, compressed streams.

Written from the formats' documents, with the standard library only: no NumPy, joblib or
torch is asked, so that readers are tested against something that is not themselves.
"""
import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib

from . import asm

SYSTEM = b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R."
SYSTEM_0 = b"cposix\nsystem\n(S'id'\ntR."        # protocol 0 has no first bytes to search for
DATA = b"\x80\x02]q\x00(K\x01K\x02e."
MEMO_0 = b"\x80\x04cbuiltins\nbytes\n\x940h\x00C\x01a\x85R."       # calls what its own memo has at 0


# --- npy -----------------------------------------------------------------------------

def npy(header, body, version=1, magic=b"\x93NUMPY"):
    text = header.encode("latin-1")
    pad = -(len(text) + (11 if version == 1 else 13)) % 64
    text += b" " * pad + b"\n"
    return magic + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text + body


def header(descr="'<f8'", shape="(2,)"):
    return "{'descr': %s, 'fortran_order': False, 'shape': %s, }" % (descr, shape)


def npy_plain(): return npy(header(), bytes(16))
def npy_version2(): return npy(header(), bytes(16), version=2)
def npy_struct(): return npy(header("[('x', '<f4'), ('y', [('z', '<U3'), ('w', '<i2', (2, 3))]), (('t', 'q'), '<M8[ns]')]", "(2,)"), bytes(2 * 36))
def npy_objects(): return npy(header("'|O'", "(1,)"), DATA)
def npy_objects_system(): return npy(header("'|O'", "(1,)"), SYSTEM)
def npy_struct_objects_system(): return npy(header("[('x', '<f4'), ('y', [('z', '|O')])]", "(1,)"), SYSTEM)
def npy_too_short(): return npy(header(shape="(3,)"), bytes(16))
def npy_trailing(): return npy(header(shape="(1,)"), bytes(16))
def npy_trailing_pickle(): return npy(header(shape="(1,)"), bytes(8) + SYSTEM)
def npy_overflow(): return npy(header(shape="(4294967296, 4294967296, 4294967296)"), bytes(16))
def npy_expression(): return npy("dict(descr='|O', fortran_order=False, shape=(1,))", SYSTEM)
def npy_two_types(): return npy("{'descr': '<f8', 'descr': '|O', 'fortran_order': False, 'shape': (1,), }", SYSTEM)
def npy_version9(): return npy(header(), bytes(16), version=9)
def npy_long_header(): return npy(header() + " " * 70000, bytes(16), version=2)


def npz_torch_markers(array=None):
    from . import recipe
    array = npy(header("'|O'", "(1,)"), SYSTEM_0) if array is None else array
    return recipe.plain_zip({"a/data.pkl": b"\x80\x02}.", "a/version": b"3\n", "a/data/0": array})


def npz_torch_markers_plain(): return npz_torch_markers(npy_plain())


# --- joblib ---------------------------------------------------------------------------

def wrapper(array, dtype="f8", shape=b"K\x02\x85", align=None, flags=0, module="joblib.numpy_pickle", size=-1, extra=None, memo=b""):
    """The opcodes of one array: wrapper, state, BUILD, then what lies in the file."""
    def word(s): return b"X" + struct.pack("<I", len(s)) + s.encode()
    d = b"cnumpy\ndtype\n" + word(dtype) + b"K\x00K\x01\x87R(K\x03" + word("<") + b"NNNJ" + struct.pack("<i", size) + b"J\xff\xff\xff\xff" + (b"J" + struct.pack("<i", flags) if flags < 0 else b"K" + bytes([flags])) + b"tb"
    state = (b"}(" + word("subclass") + b"cnumpy\nndarray\n" + word("shape") + shape + word("order") + word("C")
             + word("dtype") + d + word("allow_mmap") + b"\x88")
    if extra is not None:
        state += word(extra[0]) + extra[1]
    tail = b""
    if align is not None:
        state += word("numpy_array_alignment_bytes") + b"K" + bytes([align])
        tail = bytes([3]) + b"\xff" * 3
    return b"c" + module.encode() + b"\nNumpyArrayWrapper\n)\x81" + memo + state + b"ub" + tail + array


def joblib_file(*parts):
    """A list of what the parts push."""
    return b"\x80\x03](" + b"".join(parts) + b"e."


LOOKS_LIKE_PICKLE = b"cos\nsystem\nN\x85R."    # 16 bytes: data for joblib, opcodes for pickle.load


def joblib_plain(): return joblib_file(wrapper(bytes(16)), wrapper(b"ab", "i1"), b"K\x05")
def joblib_aligned(): return joblib_file(wrapper(bytes(16), align=16), b"K\x05")
def joblib_objects(): return joblib_file(wrapper(DATA, "O8", flags=63), b"K\x05")
def joblib_objects_system(): return joblib_file(wrapper(SYSTEM, "O8", flags=63))
def joblib_void_objects_system(): return joblib_file(wrapper(SYSTEM, "V8", flags=63))
def joblib_after_array(): return joblib_file(wrapper(bytes(16)), b"cposix\nsystem\nX\x02\x00\x00\x00id\x85R")
def joblib_array_is_pickle(): return joblib_file(wrapper(LOOKS_LIKE_PICKLE[:16].ljust(16, b"\0")))
def joblib_too_long(): return joblib_file(wrapper(bytes(16), shape=b"J\x00\x00\x00\x7f\x85"))
def joblib_signed_flags(): return joblib_file(wrapper(bytes(32), "V16", flags=-112, size=16), b"K\x05")
def joblib_key_twice(): return joblib_file(wrapper(bytes(16), extra=("shape", b"K\x02\x85")))
def joblib_key_unknown(): return joblib_file(wrapper(bytes(16), extra=("other", b"N")))
def joblib_memo(): return joblib_file(wrapper(MEMO_0, "O8", flags=63, memo=b"\x94"), b"K\x05")
def joblib_odd_dtype(): return joblib_file(wrapper(bytes(16), dtype="float64"))
def joblib_zlib(): return zlib.compress(joblib_plain())
def joblib_zlib_system(): return zlib.compress(joblib_after_array())
def joblib_gzip_system(): return gzip.compress(joblib_after_array(), mtime=0)
def joblib_bz2_system(): return bz2.compress(joblib_after_array())
def joblib_xz_system(): return lzma.compress(joblib_after_array())
def joblib_lzma_system(): return lzma.compress(joblib_after_array(), format=lzma.FORMAT_ALONE)


def zfile(data, space=b""):
    return b"ZF" + hex(len(data)).ljust(19).encode() + space + zlib.compress(data)


def joblib_zfile(): return zfile(DATA)
def joblib_zfile_space(): return zfile(DATA, b" ")
def joblib_zfile_system(): return zfile(SYSTEM)


def joblib_array_file():
    """joblib 0.9: the array is a file beside this one."""
    name = b"model.pkl_01.npy"
    return (b"\x80\x03cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}(X\x08\x00\x00\x00filenameX"
            + struct.pack("<I", len(name)) + name + b"X\x08\x00\x00\x00subclasscnumpy\nndarray\nub.")


# --- torch before 1.6 -------------------------------------------------------------------

MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
SYS_INFO = b"\x80\x02}q\x00(X\x10\x00\x00\x00protocol_versionq\x01M\xe9\x03X\r\x00\x00\x00little_endianq\x02\x88u."


def legacy(item=b"", storage="FloatStorage", numel=2, body=None, keys=("7",)):
    word = lambda s: b"X" + struct.pack("<I", len(s)) + s.encode()
    pid = b"(" + word("storage") + b"ctorch\n" + storage.encode() + b"\n" + word("7") + word("cpu") + b"K\x02Nt"
    obj = (b"\x80\x02](" + item + b"ctorch._utils\n_rebuild_tensor_v2\n(" + pid
           + b"QK\x00K\x02\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtRe.")
    names = b"\x80\x02]" + b"".join(word(k) + b"a" for k in keys) + b"."
    body = bytes(8) if body is None else body
    return MAGIC + b"\x80\x02M\xe9\x03." + SYS_INFO + obj + names + struct.pack("<q", numel) + body


def legacy_many_places():
    """More storages than the search keeps places of, and a pickle behind them: "no place has it" must not read as "known"."""
    word = lambda s: b"X" + struct.pack("<I", len(s)) + s.encode()
    keys = [str(i) for i in range(131_200)]
    ids = b"".join(b"(" + word("storage") + b"ctorch\nByteStorage\n" + word(k) + word("cpu") + b"K\1NtQ0" for k in keys)
    names = b"\x80\x02]" + b"".join(word(k) + b"a" for k in keys) + b"."
    return MAGIC + b"\x80\x02M\xe9\x03." + SYS_INFO + b"\x80\x02" + ids + b"N." + names + (struct.pack("<q", 1) + b"w") * len(keys) + b"\1\2\3" + SYSTEM


def legacy_plain(): return legacy()
def legacy_system(): return legacy(b"cposix\nsystem\nX\x02\x00\x00\x00id\x85R")
def legacy_storage_is_pickle(): return legacy(storage="ByteStorage", numel=len(SYSTEM), body=SYSTEM)
def legacy_unknown_key(): return legacy(keys=("8",))
def legacy_too_long(): return legacy(numel=1 << 40)
def legacy_after(): return legacy() + SYSTEM


# --- tar -----------------------------------------------------------------------------------

def tar(*members, end=b"\0" * 1024):
    out = b""
    for name, data, *more in members:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        for m in more:
            for key, value in m.items():
                setattr(info, key, value)
        out += info.tobuf(tarfile.GNU_FORMAT) + data + b"\0" * (-len(data) % 512)
    return out + end


def tar_plain(): return tar(("a.txt", b"hello"), ("b/data.pkl", DATA))
def tar_system(): return tar(("a.txt", b"hello"), ("b/data.pkl", SYSTEM))
STORAGE = b"\x80\x02K\0X\3\0\0\0cpuctorch\nFloatStorage\n\x87." + struct.pack("<q2f", 2, 1, 2)
TENSOR = b"\x80\x02K\1K\0ctorch\nFloatTensor\n\x87." + struct.pack("<iiqqq", 1, 0, 2, 1, 0)


def torch_tar(storages=b"\x80\x02K\1." + STORAGE + b"\x80\x02].", tensors=b"\x80\x02K\1." + TENSOR, more=()):
    """What torch.save wrote before 0.1.10: one tensor of two float32; torch.load still reads it."""
    return tar(("sys_info", b"\x80\x02}."), ("pickle", b"\x80\x02X\1\0\0\0001Q."), ("tensors", tensors), *(more or [("storages", storages)]))


def tar_torch(): return torch_tar()
def tar_torch_views(): return torch_tar(storages=b"\x80\x02K\1." + STORAGE + SYSTEM_0)
def tar_torch_second(): return torch_tar(storages=b"\x80\x02K\2." + STORAGE + SYSTEM_0)
def tar_torch_tensors(): return torch_tar(tensors=b"\x80\x02K\2." + TENSOR + SYSTEM_0)
def tar_torch_unclear(): return torch_tar(storages=b"\x80\x02K\1." + STORAGE.replace(b"FloatStorage", b"OtherStorage") + SYSTEM_0)
def tar_torch_pax_slash():
    return torch_tar(more=[("x", b"18 path=storages/\n", {"type": tarfile.XHDTYPE}), ("a", b"\x80\x02K\1." + STORAGE + SYSTEM_0)])
def tar_torch_link(): return torch_tar(more=[("a", b"\x80\x02K\1." + STORAGE + SYSTEM_0), ("storages", b"", {"type": tarfile.LNKTYPE, "linkname": "a"})])
PAX = {"type": tarfile.XHDTYPE}
GLOBAL = {"type": tarfile.XGLTYPE}
EVIL_STORAGES = b"\x80\x02K\1." + STORAGE + SYSTEM_0
def tar_torch_global(): return torch_tar(more=[("g", b"17 path=storages\n", GLOBAL), ("zzz", EVIL_STORAGES)])
def tar_torch_long_then_pax():
    """tarfile takes L, which comes first."""
    return torch_tar(more=[("L", b"storages\0", {"type": tarfile.GNUTYPE_LONGNAME}), ("x", b"12 path=zzz\n", PAX), ("yyy", EVIL_STORAGES)])
def tar_torch_pax_then_long():
    """tarfile takes x, which comes first."""
    return torch_tar(more=[("x", b"17 path=storages\n", PAX), ("L", b"zzz\0", {"type": tarfile.GNUTYPE_LONGNAME}), ("yyy", EVIL_STORAGES)])
def tar_torch_pax_padding():
    """The record with the name stands in the padding behind the declared end of the header."""
    return torch_tar(more=[("x", b"9 a=b67\n\n17 path=storages\n", PAX | {"size": 9}), ("yyy", EVIL_STORAGES)])
def tar_torch_long_nul(): return torch_tar(more=[("L", b"storages\0x\0", {"type": tarfile.GNUTYPE_LONGNAME}), ("yyy", EVIL_STORAGES)])
def tar_torch_folder():
    """A header without a type whose name ends in a slash is a folder: its data are the next header."""
    inner = tar(("storages", EVIL_STORAGES), end=b"")
    return torch_tar(more=[("d/", inner, {"type": tarfile.AREGTYPE})])
def tar_global_path(): return tar(("g", b"10 path=b\n", GLOBAL), ("a.txt", b"hello"))
def tar_global_size(): return tar(("g", b"9 size=2\n", GLOBAL), ("a.txt", b"hello"))
def tar_global_comment(): return tar(("g", b"16 comment=text\n", GLOBAL), ("a.txt", b"hello"))
def tar_traversal(): return tar(("../a.txt", b"hello"))
def tar_dots_in_name(): return tar(("a..b.txt", b"hello"))
def tar_link(): return tar(("a", b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}))
def tar_device(): return tar(("a", b"", {"type": tarfile.CHRTYPE}))
def tar_after_end(): return tar(("a.txt", b"hello")) + tar(("b.pkl", SYSTEM))
def tar_bad_header(): return tar(("a.txt", b"hello"), end=b"x" * 512 + b"\0" * 1024)
def tar_too_long(): return tar(("a.txt", b"hello", {"size": 1 << 30}))
def tar_sparse(): return tar(("a", b"", {"type": tarfile.GNUTYPE_SPARSE}))
def tar_gz_system(): return gzip.compress(tar_system(), mtime=0)


def tar_pax(records, data=b"hello"):
    body = b""
    for key, value in records:
        line = b" " + key + b"=" + value + b"\n"
        n = len(line) + 1
        n = len(line) + len(str(n + (len(str(n)) > 1)))
        body += str(n).encode() + line
    return tar(("x", body, {"type": tarfile.XHDTYPE}), ("a.txt", data))


def tar_pax_path(): return tar_pax([(b"path", b"long/name.txt")])
def tar_pax_size(): return tar_pax([(b"size", b"3")])
def tar_pax_bad(): return tar(("x", b"99 path=a\n", {"type": tarfile.XHDTYPE}), ("a.txt", b"hello"))


# --- compressed streams ------------------------------------------------------------------------

def gzip_system(): return gzip.compress(SYSTEM, mtime=0)
def gzip_two_halves(): return gzip.compress(SYSTEM[:9], mtime=0) + gzip.compress(SYSTEM[9:], mtime=0)
def gzip_zeros_between(): return gzip.compress(SYSTEM[:9], mtime=0) + bytes(7) + gzip.compress(SYSTEM[9:], mtime=0)
def bz2_two_halves(): return bz2.compress(SYSTEM[:9]) + bz2.compress(SYSTEM[9:])
def gzip_nested(): return gzip.compress(bz2.compress(lzma.compress(SYSTEM)), mtime=0)
def gzip_cut_pickle(): return gzip.compress(b"(lp0\nI1\na", mtime=0)
def lzma_alone(data, dictionary, properties=0x5d):
    """LZMA-alone whose head says another dictionary than the encoder used, and other properties (lc, lp, pb)."""
    lc, lp, pb = properties % 9, properties // 9 % 5, properties // 45
    packed = lzma.compress(data, format=lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1, "lc": lc, "lp": lp, "pb": pb, "dict_size": 1 << 16}])
    return packed[:1] + struct.pack("<I", dictionary) + packed[5:]


def lzma_largest_system(): return lzma_alone(SYSTEM_0, 0xFFFFFFFF)
def lzma_odd_system(): return lzma_alone(SYSTEM_0, 12345)          # with FORMAT_ALONE
def lzma_properties_system(): return lzma_alone(SYSTEM_0, 1 << 16, properties=0)
def lzma_largest_plain(): return lzma_alone(DATA, 0xFFFFFFFF)
def numbers_like_lzma(): return struct.pack("<6i", 1, 16, 2, 0, 0, 0) + bytes(40)
def zlib_trailing_system(): return zlib.compress(DATA) + SYSTEM
def gzip_bomb(): return gzip.compress(bytes(30_000_000), mtime=0)
def text_like_zlib(): return b"x^2 + y^2 = z^2, and more of it\n"
def sealed_7z(): return b"7z\xbc\xaf\x27\x1c\0\4" + bytes(56)
def sealed_hdf5(): return b"\x89HDF\r\n\x1a\n" + bytes(56)


# --- frames -----------------------------------------------------------------------------------

def frame_stop_inside():
    """The frame holds more than the first pickle: unpicklers start the second behind it."""
    inner = b"N." + b"N" * 20
    return b"\x80\x04\x95" + struct.pack("<Q", len(inner)) + inner + SYSTEM


def frame_operand_outside():
    """The C unpickler on a file drops 'sys' and takes the name behind the frame."""
    inner = b"\x8c\x05posix\x8c\x06sys"
    return b"\x80\x04\x95" + struct.pack("<Q", len(inner)) + inner + b"system\x93\x8c\x02id\x85R."


def frame_many():
    """More readings than anybody follows."""
    out = b""
    for i in range(40):
        out += b"\x80\x04\x95" + struct.pack("<Q", 4 + i) + b"N." + b"N" * (2 + i) + b"."
    return out


# --- sizes ------------------------------------------------------------------------------------

def pickle_trailing_large(): return DATA + b"\xff" * 5000


def ratio(count):
    """A zip with 20 MB of zeros and `count` noisy bytes that do not compress."""
    import random
    out = io.BytesIO()
    import zipfile
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(zipfile.ZipInfo("a.dat", (1980, 1, 1, 0, 0, 0)), bytes(20_000_000) + random.Random(1).randbytes(count), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def ratio_200(): return ratio(80_000)
def ratio_50(): return ratio(400_000)


# --- weights that begin like pickles ----------------------------------------------------------

def storages_like_pickles():
    """A state dict whose storages begin with an extension code and with a BUILD on a dict."""
    from . import recipe
    return recipe.plain_zip({"archive/data.pkl": b"\x80\x02}.", "archive/byteorder": b"little", "archive/version": b"3\n",
                             "archive/data/0": b"\x82\x44" + bytes(62), "archive/data/1": b"}}b" + bytes(61)})


def protocol_0_long_text():
    """GLOBALs, and a text that is longer than what a parser bids on."""
    return b"c_codecs\nencode\np0\n(V" + b"x" * 9000 + b"\np1\nVlatin1\np2\ntp3\nRp4\n."


# --- floods ------------------------------------------------------------------------------------

def dup_bomb(): return b"\x80\x02]" + b"2\x86" * 1_000_000 + b"."
def mark_flood(): return b"\x80\x02" + b"(" * 11_000_000 + b"."
