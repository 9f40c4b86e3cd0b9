"""plants.py - small programs, and the places in models where they are hidden.

The programs do nothing: each ELF, PE and Mach-O exits at once.  `weights` are seeded
random bytes, which hold no candidate that the search confirms.
"""
import base64
import gzip
import io
import json
import random
import struct
import zipfile
import zlib

from . import asm, containers, zips

EXIT_X64 = b"\x31\xff\xb8\x3c\x00\x00\x00\x0f\x05"              # xor edi,edi; mov eax,60; syscall
EXIT_ARM64 = bytes.fromhex("000080d2a80b80d2010000d4")          # mov x0,0; mov x8,93; svc 0
SYSTEM = b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R."
HARMLESS = b"\x80\x02ccollections\nOrderedDict\n)R."


def weights(n, seed=1):
    return random.Random(seed).randbytes(n)


# --- programs ------------------------------------------------------------------------

def elf(machine=62, code=EXIT_X64, order="<", wide=True, text=b""):
    """Header, one loadable segment, code."""
    data = {"<": 1, ">": 2}[order]
    ident = b"\x7fELF" + bytes([2 if wide else 1, data, 1]) + bytes(9)
    head, row = (64, 56) if wide else (52, 32)
    base, size = 0x400000, head + row + len(code) + len(text)
    word = "Q" if wide else "I"
    h = struct.pack(order + "HHI" + word * 3 + "IHHHHHH", 2, machine, 1, base + head + row, head, 0, 0, head, row, 1, 0, 0, 0)
    if wide:
        p = struct.pack(order + "IIQQQQQQ", 1, 5, 0, base, base, size, size, 4096)
    else:
        p = struct.pack(order + "IIIIIIII", 1, 0, base, base, size, size, 5, 4096)
    return ident + h + p + code + text


def pe(machine=0x8664, code=EXIT_X64):
    """DOS header, PE header at 0x40, one section at 0x200."""
    optional = struct.pack("<HBBIIIII", 0x20b, 14, 0, 512, 0, 0, 0x1000, 0x1000) + bytes(240 - 24)
    coff = struct.pack("<HHIIIHH", machine, 1, 0, 0, 0, len(optional), 0x22)
    section = b".text\0\0\0" + struct.pack("<IIIIIIHHI", len(code), 0x1000, 512, 0x200, 0, 0, 0, 0, 0x60000020)
    head = (b"MZ" + bytes(58) + struct.pack("<I", 0x40) + b"PE\0\0" + coff + optional + section).ljust(0x200, b"\0")
    return head + code.ljust(512, b"\0")


def macho(cpu=0x0100000c, code=EXIT_ARM64, order="<"):
    """One 64-bit segment and an entry."""
    size = 32 + 72 + 24 + len(code)
    segment = struct.pack(order + "II16sQQQQIIII", 0x19, 72, b"__TEXT", 0, size, 0, size, 5, 5, 0, 0)
    main = struct.pack(order + "IIQQ", 0x80000028, 24, 32 + 72 + 24, 0)
    return struct.pack(order + "IIIIIIII", 0xfeedfacf, cpu, 0, 2, 2, 72 + 24, 0, 0) + segment + main + code


def fat():
    one = macho()
    return struct.pack(">II", 0xcafebabe, 1) + struct.pack(">IIIII", 0x0100000c, 0, 64, len(one), 5) + bytes(64 - 28) + one


def script(): return b"#!/bin/sh\nexit 0\n# nothing else happens here\n"
def python_script(): return b"#!/usr/bin/env -S python3 -I\nraise SystemExit(0)  # and nothing else\n"


def wasm():
    """An import and an empty code section."""
    def name(s): return bytes([len(s)]) + s
    imports = b"\x01" + name(b"wasi_snapshot_preview1") + name(b"fd_write") + b"\x00\x00"
    types = b"\x01\x60\x00\x00"
    def section(i, b): return bytes([i, len(b)]) + b
    return b"\0asm\1\0\0\0" + section(1, types) + section(2, imports) + section(10, b"\x00")


def java_class():
    """class A extends Object, empty."""
    def utf8(s): return b"\x01" + struct.pack(">H", len(s)) + s
    pool = utf8(b"A") + b"\x07\0\x01" + utf8(b"java/lang/Object") + b"\x07\0\x03"
    return struct.pack(">IHHH", 0xcafebabe, 0, 52, 5) + pool + struct.pack(">HHHHHHH", 0x21, 2, 4, 0, 0, 0, 0)


def dex():
    body = struct.pack("<III", 0x70, 0x70, 0x12345678) + bytes(0x70 - 44)
    rest = bytes(20) + body
    return b"dex\n035\0" + struct.pack("<I", zlib.adler32(rest)) + rest


def lnk():
    return struct.pack("<I", 0x4c) + bytes.fromhex("0114020000000000c000000000000046") + bytes(40) + struct.pack("<IHHII", 1, 0, 0, 0, 0)


def pdf(): return b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
def ape(): return b"MZqFpD='\n\n" + bytes(54) + b"' <<'end'\n" + bytes(64)


def sevenzip():
    start = struct.pack("<QQI", 0, 0, 0)
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start


# --- places --------------------------------------------------------------------------

def planted(what, n=6000, at=3001, seed=1):
    """Weights of n bytes with something in them."""
    w = bytearray(weights(n, seed))
    w[at:at + len(what)] = what
    return bytes(w)


def checkpoint(storage, method=zipfile.ZIP_STORED, more=()):
    """What torch.save writes, with one storage."""
    n = len(storage) // 4
    pickle = asm.assemble(["PROTO 2", "GLOBAL 'torch._utils' '_rebuild_tensor_v2'", "MARK", "MARK", "BINUNICODE 'storage'",
                           "GLOBAL 'torch' 'FloatStorage'", "BINUNICODE '0'", "BINUNICODE 'cpu'", "BININT %d" % n, "TUPLE",
                           "BINPERSID", "BININT1 0", "BININT %d" % n, "TUPLE1", "BININT1 1", "TUPLE1", "NEWFALSE",
                           "GLOBAL 'collections' 'OrderedDict'", "EMPTY_TUPLE", "REDUCE", "TUPLE", "REDUCE", "STOP"])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in [("data.pkl", pickle), ("byteorder", b"little"), ("data/0", storage), ("version", b"3\n"), *more]:
            info = zipfile.ZipInfo("archive/" + name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            z.writestr(info, data)
    return out.getvalue()


def view(offset, items):
    """Assembler lines: `items` float32 of storage 0, from item `offset` on."""
    return ["GLOBAL 'torch._utils' '_rebuild_tensor_v2'", "MARK", "MARK", "BINUNICODE 'storage'", "GLOBAL 'torch' 'FloatStorage'",
            "BINUNICODE '0'", "BINUNICODE 'cpu'", "BININT 2000", "TUPLE", "BINPERSID", "BININT %d" % offset, "BININT %d" % items,
            "TUPLE1", "BININT1 1", "TUPLE1", "NEWFALSE", "GLOBAL 'collections' 'OrderedDict'", "EMPTY_TUPLE", "REDUCE", "TUPLE", "REDUCE"]


def elf_in_parameter():
    """{'model': OrderedDict(first=..., second=...)}: two views of one storage, the ELF in the second."""
    pickle = asm.assemble(["PROTO 2", "EMPTY_DICT", "BINUNICODE 'model'", "GLOBAL 'collections' 'OrderedDict'", "EMPTY_TUPLE", "REDUCE",
                           "MARK", "BINUNICODE 'first'", *view(0, 600), "BINUNICODE 'second'", *view(600, 1400), "SETITEMS", "SETITEM", "STOP"])
    return containers_zip({"archive/data.pkl": pickle, "archive/data/0": planted(elf(), 8000), "archive/version": b"3\n"})


def safetensors(*tensors, metadata=None, tail=b""):
    """tensors: (name, bytes)"""
    at, head = 0, {"__metadata__": metadata} if metadata else {}
    for name, data in tensors:
        head[name] = {"dtype": "U8", "shape": [len(data)], "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(head)
    text += " " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text.encode() + b"".join(d for _, d in tensors) + tail


def pickled(value, op=b"X"):
    """A pickle of one text (X) or bytes (B)."""
    return b"\x80\x03" + op + struct.pack("<I", len(value)) + value + b"."


def in_tensor(what, n=6000): return safetensors(("first", weights(500, 5)), ("layer.1.weight", planted(what, n)), ("last", weights(500, 6)))


def at_edge(what, k, before=2):
    """`what` starts `before` bytes ahead of byte 65536 * k of the file."""
    empty = len(safetensors(("w", bytes(65536 * k + 4096))))
    start = empty - (65536 * k + 4096)
    return safetensors(("w", planted(what, 65536 * k + 4096, 65536 * k - before - start)))


# --- shellcode: as assemblers print the textbook forms --------------------------------------------

SHELL_X64 = bytes.fromhex("4831f6" "56" "48bf2f62696e2f2f7368" "57" "54" "5f" "6a3b" "58" "99" "0f05")   # execve("/bin//sh", 0, 0)
SHELL_X86 = bytes.fromhex("31c0" "50" "682f2f7368" "682f62696e" "89e3" "50" "53" "89e1" "b00b" "cd80")
STAGER_X64 = bytes.fromhex("fc4883e4f0e8c0000000" "4151" "4150" "52" "51" "56" "4831d2" "65488b5260" "488b5218" "488b5220" "488b7250" "480fb74a4a" "4d31c9" "4831c0" "ac")
STAGER_X86 = bytes.fromhex("fce8820000006089e531c0648b50308b520c8b52148b72280fb74a2631ffac3c617c022c20c1cf0d01c7e2f2")


def shellcode_x64(): return in_tensor(SHELL_X64)
def shellcode_x86(): return in_tensor(SHELL_X86)
def shellcode_stager_x64(): return in_tensor(STAGER_X64)
def shellcode_stager_x86(): return in_tensor(STAGER_X86)
def shellcode_in_pickled_bytes(): return pickled(b"\x90" * 16 + SHELL_X64 + bytes(64), b"B")


def shellcode_cut():
    """The path without its mov; the mov without a system call; a stager's first bytes in front of weights."""
    path = b"\x00\x00/bin//sh" + bytes(16) + b"\x0f\x05"
    mov = SHELL_X64[:-2] + b"\x06" * 300
    return in_tensor(path + bytes(100) + mov + bytes(100) + STAGER_X64[:10] + bytes(100) + b"h//shh/bin is what the text says, int 0x80", 6000)


def elf_in_tensor(): return in_tensor(elf(text=b"execve\0/bin/sh\0"))
def elf32_in_tensor(): return in_tensor(elf(3, b"\x31\xdb\xb8\1\0\0\0\xcd\x80", wide=False))
def elf_big_in_tensor(): return in_tensor(elf(21, b"\0" * 16, ">"))
def elf32_big_in_tensor(): return in_tensor(elf(8, b"\0" * 16, ">", False))
def elf_arm64_in_tensor(): return in_tensor(elf(183, EXIT_ARM64))
def elf_gpu_in_tensor(): return in_tensor(elf(190, b"\0" * 16))
def pe_in_tensor(): return in_tensor(pe())
def macho_in_tensor(): return in_tensor(macho())
def macho_big_in_tensor(): return in_tensor(macho(0x01000012, b"\0" * 16, ">"))
def fat_in_tensor(): return in_tensor(fat())
def script_in_tensor(): return in_tensor(script())
def script_after_text(): return in_tensor(b"some words, and then a line end\n" + script())
def python_script_in_tensor(): return in_tensor(python_script())
def wasm_in_tensor(): return in_tensor(wasm() + b"\xff")
def class_in_tensor(): return in_tensor(java_class())
def dex_in_tensor(): return in_tensor(dex())
def lnk_in_tensor(): return in_tensor(lnk())
def pdf_in_tensor(): return in_tensor(pdf())
def sevenzip_in_tensor(): return in_tensor(sevenzip())
def gzip_in_tensor(): return in_tensor(gzip.compress(elf(), mtime=0))
def gzip_of_text_in_tensor(): return in_tensor(gzip.compress(b"nothing but words " * 10, mtime=0))
def zip_in_tensor(): return in_tensor(containers_zip({"a.pkl": SYSTEM}), 8000)
def zip_of_text_in_tensor(): return in_tensor(containers_zip({"a.txt": b"words"}), 8000)
def zip_of_zip_in_tensor(): return in_tensor(containers_zip({"b.zip": containers_zip({"a.pkl": SYSTEM})}), 8000)
def pickle_in_tensor(): return in_tensor(SYSTEM)
def pickle_without_stop(): return in_tensor(SYSTEM[:-1] + b"\xff")
def pickle_framed_in_tensor(): return in_tensor(b"\x80\x04\x95" + struct.pack("<Q", 25) + b"\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.")
def harmless_pickle_in_tensor(): return in_tensor(HARMLESS)
def base64_in_tensor(): return in_tensor(b"\xff" + base64.b64encode(elf()) + b"\xff")
def hex_in_tensor(): return in_tensor(b"\xff" + elf().hex().encode() + b"\xff")
def elf_in_trailing(): return zips.build_honest() + planted(elf())
def elf_in_gap(): return containers_zip({"a.txt": b"words"}, gap=planted(elf(), 3000, 1001))
def elf_before_zip(): return elf() + containers_zip({"a.pkl": HARMLESS})
def elf_deflated(): return checkpoint(planted(elf(), 200000, 131070), zipfile.ZIP_DEFLATED)
def elf_in_storage(): return checkpoint(planted(elf(), 8000))
def elf_in_pickled_bytes(): return pickled(planted(elf()), b"B")
def elf_base64_in_pickled_text(): return pickled(base64.b64encode(elf()))
def elf_hex_in_pickled_text(): return pickled(elf().hex().encode())
def elf_base64_in_metadata(): return safetensors(("w", weights(512)), metadata={"note": base64.b64encode(pe()).decode()})
def script_in_pickled_text(): return pickled(script())
def script_in_metadata(): return safetensors(("w", weights(512)), metadata={"note": script().decode()})
def script_as_member(): return checkpoint(weights(64), more=[("setup.sh", script())])
def script_in_readme(): return checkpoint(weights(64), more=[("README.md", b"To start it, save this as run.sh:\n\n" + script())])
def script_quoted_in_metadata(): return safetensors(("w", weights(512)), metadata={"readme": "Save this as run.sh:\n" + script().decode()})
def llamafile(): return ape() + containers_zip({"model.gguf": weights(64)})
def edge_1(): return at_edge(elf(), 1)
def edge_2(): return at_edge(elf(), 2)
def edge_2_pe(): return at_edge(pe(), 2, 1)
def edge_4(): return at_edge(elf(), 4, 3)
def edge_4_pickle(): return at_edge(SYSTEM, 4, 1)
def beyond_tail(): return in_tensor(containers_zip({"a.pkl": SYSTEM}), 120000)
def text_beyond_tail(): return in_tensor(containers_zip({"a.txt": b"words"}), 120000)
def magic_only(): return in_tensor(b"\x7fELF" + b"MZ" + b"\xcf\xfa\xed\xfe" + b"\0asm\1\0\0\0" + b"#!/" + b"PK\5\6" + b"\xca\xfe\xba\xbe" + b"dex\n")
def elf_header_only(): return in_tensor(elf()[:64] + weights(56, 9))
def mz_without_pe(): return in_tensor(b"MZ" + bytes(58) + struct.pack("<I", 0x40) + b"NE" + weights(80, 9))
def script_without_interpreter(): return in_tensor(b"#!/opt/models/weights\nwords that are no program at all\n")
def script_without_text(): return in_tensor(b"#!/bin/sh\n\0\1\2\3\4\5")
def all_magics(): return safetensors(("w", (b"MZ" + bytes(2)) * 3000 + b"\x80\2K\1" * 3000 + b"\x7fELF" * 3000))
def elf_flood(): return safetensors(("w", b"".join(elf()[:64] + struct.pack("<I", i | 0xff000000) for i in range(3000))))


def pickle_flood():
    """More pickles that call something than are run."""
    one = b"\x80\x02ccollections\nOrderedDict\n)R."
    return safetensors(("w", b"".join(one + struct.pack("<I", i | 0xff000000) for i in range(1500))))


def containers_zip(members, gap=b""):
    """A plain zip; the gap lies between the last member and the directory."""
    return zips.archive([zips.Member(name.encode(), data) for name, data in members.items()], gap=gap)
