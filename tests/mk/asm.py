"""A small assembler for pickles: one opcode a line, operands in Python syntax.

    PROTO 2
    GLOBAL 'posix' 'system'
    SHORT_BINUNICODE 'id'
    TUPLE1
    REDUCE
    STOP

`raw 80 02` puts bytes as they are; `raw-text 'cos\\n'` puts a string; `repeat 3 MARK`
repeats a line.  A length that lies: `BINBYTES8-length 4294967296`.
Standard library only; opcodes and their arguments come from pickletools.
"""
import ast
import pickletools
import struct

CODES = {op.name: op for op in pickletools.opcodes}
LENGTHS = {"SHORT_BINSTRING": "<B", "SHORT_BINBYTES": "<B", "SHORT_BINUNICODE": "<B",
           "BINSTRING": "<i", "BINBYTES": "<I", "BINUNICODE": "<I",
           "BINBYTES8": "<Q", "BINUNICODE8": "<Q", "BYTEARRAY8": "<Q", "LONG1": "<B", "LONG4": "<i"}
NUMBERS = {"PROTO": "<B", "BININT": "<i", "BININT1": "<B", "BININT2": "<H", "BINGET": "<B",
           "LONG_BINGET": "<I", "BINPUT": "<B", "LONG_BINPUT": "<I", "FRAME": "<Q",
           "EXT1": "<B", "EXT2": "<H", "EXT4": "<i", "BINFLOAT": ">d"}


def operands(text):
    """The literals after an opcode: 'posix' 'system' 3 b'x'."""
    out, rest = [], text.strip()
    while rest:
        for end in range(1, len(rest) + 1):
            if end < len(rest) and not rest[end].isspace():
                continue
            try:
                out.append(ast.literal_eval(rest[:end]))
            except (SyntaxError, ValueError):
                continue
            rest = rest[end:].strip()
            break
        else:
            raise ValueError("cannot read operand: " + rest)
    return out


def as_bytes(value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def one(line):
    """The bytes of one line."""
    name, _, rest = line.strip().partition(" ")
    if name == "raw":
        return bytes.fromhex(rest)
    if name == "raw-text":
        return as_bytes(ast.literal_eval(rest))
    if name == "repeat":
        count, _, what = rest.partition(" ")
        return one(what) * int(count)
    if name.endswith("-length"):                   # the length field alone: it lies
        name = name[:-7]
        return CODES[name].code.encode("latin-1") + struct.pack(LENGTHS[name], int(rest))
    args = operands(rest)
    out = CODES[name].code.encode("latin-1")
    if name in ("GLOBAL", "INST"):
        return out + as_bytes(args[0]) + b"\n" + as_bytes(args[1]) + b"\n"
    if name in LENGTHS:
        body = as_bytes(args[0])
        return out + struct.pack(LENGTHS[name], len(body)) + body
    if name in NUMBERS:
        return out + struct.pack(NUMBERS[name], args[0])
    if args:                                       # text opcodes: the operand and a newline
        return out + b"".join(as_bytes(a) for a in args) + b"\n"
    return out


def assemble(lines):
    out = b""
    for line in lines:
        if line.strip() and not line.lstrip().startswith("#"):
            out += one(line)
    return out
