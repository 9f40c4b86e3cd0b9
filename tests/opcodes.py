#!/usr/bin/env python3
"""parsers/codec/opcodes.def against CPython's pickletools: every opcode, its argument and its stack effect.

usage: opcodes.py
Closes with "N passed, N failed".
"""
import pathlib
import pickletools
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PUTS = {"PUT", "BINPUT", "LONG_BINPUT"}           # they need a value, which pickletools leaves out
ARGUMENTS = {pickletools.UP_TO_NEWLINE: "ARG_LINE", pickletools.TAKEN_FROM_ARGUMENT1: "ARG_LENGTH_1",
             pickletools.TAKEN_FROM_ARGUMENT4: "ARG_LENGTH_4", pickletools.TAKEN_FROM_ARGUMENT4U: "ARG_LENGTH_4",
             pickletools.TAKEN_FROM_ARGUMENT8U: "ARG_LENGTH_8"}


def table():
    text = (ROOT / "parsers/codec/opcodes.def").read_text()
    for row in re.finditer(r"^OPCODE\(('.'|0x[0-9a-f]{2}), *(\w+), *(\w+), *(\d), (\d), (\w+)\)$", text, re.M):
        byte = ord(row[1][1]) if row[1][0] == "'" else int(row[1], 16)
        yield byte, (row[2], row[3], int(row[4]), int(row[5]), row[6])


def argument(op):
    if op.arg is None:
        return "ARG_NONE"
    if op.name in ("GLOBAL", "INST"):
        return "ARG_TWO_LINES"
    return ARGUMENTS.get(op.arg.n) or f"ARG_{op.arg.n}"


def expected(op):
    mark, items = pickletools.markobject, pickletools.stackslice
    before, after = op.stack_before, op.stack_after
    if mark in after and mark not in before:
        return op.name, argument(op), 0, 0, "PUSH_MARK"
    if mark in before:
        return op.name, argument(op), before.index(mark), len(after), "POP_MARK"
    if op.name in PUTS:
        return op.name, argument(op), 1, 1, "NO_MARK"
    return op.name, argument(op), len(before), len(after), "NO_MARK"


ours = dict(table())
theirs = {ord(op.code): expected(op) for op in pickletools.opcodes}
bad = [byte for byte in sorted(ours.keys() | theirs.keys()) if ours.get(byte) != theirs.get(byte)]
for byte in bad:
    print(f"0x{byte:02x}: opcodes.def {ours.get(byte)}, pickletools {theirs.get(byte)}")
print(f"opcodes: {len(theirs) - len(bad)} passed, {len(bad)} failed")
sys.exit(bool(bad))
