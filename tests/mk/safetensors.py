"""safetensors.py - files by the format's text: 8 bytes of length, JSON, data.

`header(...)` makes an honest one; the cases spell their JSON by hand, so that it can lie.
"""
import json
import struct


def file(text, data=b"", n=None):
    text = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(text) if n is None else n) + text + data


def entry(name="a", dtype="I32", shape="[2,2]", offsets="[0,16]", more=""):
    return '"%s":{"dtype":"%s","shape":%s,"data_offsets":%s%s}' % (name, dtype, shape, offsets, more)


def one(more="", data=bytes(16), **fields):
    return file("{" + entry(**fields) + more + "}", data)


def plain():
    text = json.dumps({"__metadata__": {"format": "pt"}, "a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]},
                       "b": {"dtype": "BF16", "shape": [3], "data_offsets": [16, 22]}})
    return file(text + " " * (-len(text) % 8), bytes(22))


def all_dtypes():
    bits = dict(F4=4, F6_E2M3=6, F6_E3M2=6, BOOL=8, U8=8, I8=8, F8_E5M2=8, F8_E4M3=8, F8_E8M0=8, F8_E4M3FNUZ=8, F8_E5M2FNUZ=8,
                I16=16, U16=16, F16=16, BF16=16, I32=32, U32=32, F32=32, I64=64, U64=64, F64=64, C64=64)
    at, out = 0, []
    for name, b in bits.items():
        out.append(entry(name, name, "[4]", "[%d,%d]" % (at, at + b // 2)))
        at += b // 2
    return file("{" + ",".join(out) + "}", bytes(at))


def empty(): return file("{}")
def zero_sized(): return file("{" + entry("z", "F32", "[0]", "[0,0]") + "," + entry() + "," + entry("y", "F32", "[2,0]", "[16,16]") + "}", bytes(16))
def zero_inside(): return file("{" + entry("z", "F32", "[0]", "[8,8]") + "," + entry() + "}", bytes(16))
def out_of_order(): return file("{" + entry("b", offsets="[16,32]") + "," + entry() + "}", bytes(32))
def leading_blanks(): return file("  {" + entry() + "}", bytes(16))
def duplicate(): return one("," + entry())
def duplicate_escaped(): return file('{"a\\u0074":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]},' + entry("at") + "}", bytes(16))
def duplicate_first_bogus(): return file("{" + entry("a", "I32", "[9]", "[5,7]") + "," + entry() + "}", bytes(16))
def duplicate_metadata_key(): return file('{"__metadata__":{"x":"1","y":"2","x":"3"},' + entry() + "}", bytes(16))
def null_metadata(): return file('{"__metadata__":null,' + entry() + "}", bytes(16))
def unknown_field(): return one(offsets='[0,16],"payload":{"x":[1,{"y":"z"}]}')
def array_form(): return file('{"a":["I32",[2,2],[0,16]]}', bytes(16))
def dtype_object(): return file('{"a":{"dtype":{"I32":null},"shape":[2,2],"data_offsets":[0,16]}}', bytes(16))
def empty_name(): return one(name="")
def nul_name(): return one(name="a\\u0000b")
def zero_first(): return file("{" + entry("a", "I32", "[0,18446744073709551615,18446744073709551615]", "[0,0]") + "}")


def two_metadata(): return file('{"__metadata__":{},"__metadata__":{},' + entry() + "}", bytes(16))
def duplicate_field(): return one(offsets='[0,16],"dtype":"I32"')
def metadata_number(): return file('{"__metadata__":{"x":1},' + entry() + "}", bytes(16))
def bom(): return file(b"\xef\xbb\xbf{" + entry().encode() + b"}", bytes(16))
def nul_after(): return file("{" + entry() + "}\0", bytes(16))
def float_shape(): return one(shape="[2.0,2]")
def exponent_shape(): return one(shape="[2e0,2]")
def minus_zero(): return one(offsets="[-0,16]")
def leading_zero(): return one(shape="[02,2]")
def beyond_u64(): return one(shape="[18446744073709551616,2]")
def lone_surrogate(): return one(name="\\ud800")
def control_character(): return one(name="a\nb")
def comment(): return file("{" + entry() + "/* x */}", bytes(16))
def trailing_comma(): return file("{" + entry() + ",}", bytes(16))
def three_offsets(): return one(offsets="[0,16,16]")
def one_offset(): return one(offsets="[0]")
def overflow_before_zero(): return file("{" + entry("a", "I32", "[18446744073709551615,18446744073709551615,0]", "[0,0]") + "}")
def bad_dtype(): return one(dtype="i32")
def half_byte(): return file("{" + entry("a", "F4", "[3]", "[0,1]") + "}", bytes(1))
def size_differs(): return one(shape="[2,3]")
def hole(): return file("{" + entry() + "," + entry("b", offsets="[24,40]") + "}", bytes(40))
def overlap(): return file("{" + entry() + "," + entry("b", offsets="[8,24]") + "}", bytes(24))
def not_from_zero(): return one(offsets="[8,24]", data=bytes(24))
def trailing(): return one(data=bytes(24))
def missing_data(): return one(data=bytes(8))
def bad_utf8(): return file(b'{"\xff":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}', bytes(16))
def length_lies(): return file("{" + entry() + "}", bytes(16), n=1 << 40)
def length_too_large(): return file("{" + entry() + "}", bytes(16), n=1 << 26)
def missing_field(): return file('{"a":{"dtype":"I32","shape":[2,2]}}', bytes(16))
def deep(levels):
    value = "[" * levels + "]" * levels
    return one(offsets='[0,16],"x":' + value)
def nested_125(): return deep(125)
def nested_126(): return deep(126)
def long_metadata():
    text = '{"__metadata__":{"x":"' + "y" * 70000 + '"},' + entry("a", "U8", "[100000]", "[0,100000]") + "}"
    return file(text, bytes(100000))
def large_header():
    text = "{" + entry("a", "U8", "[1000]", "[0,1000]") + "}"
    return file(text + " " * 1100000, bytes(1000))
def is_a_pickle():
    """A valid header length that is also PROTO 4 and BINFLOAT: from byte 0 a pickle that runs a command."""
    n = int.from_bytes(b"\x80\x04G\x01" + bytes(4), "little")       # 21,431,424 bytes of header
    name = "0cposix\\u000asystem"
    return n, name


def metadata_text(text):
    return file(json.dumps({"__metadata__": {"note": text}, "a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}), bytes(4))


def unknown_field_large(): return one(offsets='[0,16],"payload":"' + "z" * 2000 + '"')
def header_too_large(): return file("{" + entry("a", "U8", "[1]", "[0,1]") + "}" + " " * 100000001, bytes(1))
