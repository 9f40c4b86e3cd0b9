#!/usr/bin/env python3
"""Writes rules/lists/pickle/allowed/python.txt: Python's own data types and plain functions.
usage: /usr/bin/python3 make_python.py > rules/lists/pickle/allowed/python.txt

A callable is allowed here only when it neither calls, imports, opens nor evaluates what it is given;
map, filter, iter with a callable, operator.methodcaller, copy.deepcopy and their like stay out."""
import builtins
import re
import sys
import uuid

from listing import CLASS, DATA, Listing, PLAIN

CONTAINERS = "list dict set frozenset tuple int float complex bool str bytes bytearray slice range"
PATHS = "Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath"
FUNCTIONS = "abs all any bin chr divmod enumerate hash hex id isinstance issubclass len max min oct ord pow print repr reversed round sorted sum zip"
STR = "lower upper strip lstrip rstrip split rsplit splitlines join title capitalize casefold swapcase startswith endswith replace isdigit isalpha"
OPERATORS = "add sub mul truediv floordiv mod neg pos pow eq ne lt le gt ge and_ or_ xor not_ invert abs truth is_ is_not matmul contains lshift rshift index"
MATH = "sqrt exp log log2 log10 log1p expm1 sin cos tan tanh atan atan2 floor ceil fabs pow isnan isinf erf gamma lgamma hypot sinh cosh degrees radians"
NETWORKS = "IPv4Address IPv6Address IPv4Network IPv6Network IPv4Interface IPv6Interface"


def data_types(out):
    out.add_all("builtins", CONTAINERS, "import,call,new,argument")
    out.add("builtins", "object", CLASS)
    out.add_all("builtins", "Ellipsis NotImplemented", "import")
    for module in ("collections", "_collections"):
        for name in "OrderedDict Counter defaultdict".split():
            note = "its factory is an argument, judged as called" if name == "defaultdict" else ""
            out.add(module, name, CLASS, note)
            out.add(module, name + ".__setitem__", "method")
        out.add(module, "deque", CLASS)
        out.add_all(module, "deque.append deque.extend", "method")
    out.add_all("collections", "ChainMap UserDict UserList UserString", CLASS)
    out.add_all("collections", "UserDict.__setitem__", "method")
    out.add_all("datetime", "datetime date time timedelta timezone", "import,call,new,build,argument")
    out.add("time", "struct_time", CLASS)
    out.add("decimal", "Decimal", "import,call,new,argument")
    out.add("fractions", "Fraction", "import,call,new,argument")
    out.add("uuid", "UUID", CLASS)
    for module in ("pathlib", "pathlib._local"):
        out.add_all(module, PATHS, "import,call,new")
    out.add("argparse", "Namespace", "import,call,new,build")
    out.add("optparse", "Values", "import,new,build")
    out.add("types", "SimpleNamespace", "import,call,new,build")
    out.add("array", "array", "import,call,new")
    out.add("array", "_array_reconstructor", "import,call")
    out.add_all("ipaddress", NETWORKS, CLASS)
    out.add("random", "Random", CLASS)
    out.add("string", "Template", PLAIN)
    for module in ("io", "_io"):
        out.add_all(module, "BytesIO StringIO", "import,call,new,build", "memory only")


def machinery(out):
    out.add("builtins", "getattr", "import,call", "the attribute it reaches is reported and judged by itself")
    out.add("copyreg", "_reconstructor", "import,call", "makes an instance of a class that is judged by itself")
    out.add("_codecs", "encode", "import,call")
    for module in ("functools", "_functools"):
        out.add(module, "partial", "import,call,new,build", "what it binds is an argument, judged as called")
    for module in ("operator", "_operator"):
        out.add(module, "itemgetter", "import,call", "what it would take is taken when it is called: reported then")
        out.add(module, "attrgetter", "import,call", "the machine reports the attribute when it is called")
        out.add_all(module, OPERATORS, DATA, "a function as data")
        out.add(module, "or_", "import,call,argument", "Python 3.11 writes a flag of several members so")
    out.add("re", "_compile", "import,call", "a pattern and flags")
    for cls in (re.RegexFlag, uuid.SafeUUID):
        out.add(cls.__module__, cls.__name__, "import,call,argument")
        for member in cls.__members__:
            out.add(cls.__module__, f"{cls.__name__}.{member}", DATA)
    out.add("zoneinfo", "ZoneInfo", "import")
    out.add("zoneinfo", "ZoneInfo._unpickle", "import,call", "the name of a time zone; paths are refused")
    out.add("logging", "getLogger", "import,call", "a name")
    out.add_all("itertools", "count repeat cycle chain", "import,call,build", "an iterator, not drained")
    for name in ("UTC", "_UTC"):
        out.add("pytz", name, "import,call")
    out.add_all("pytz", "_p", "import,call", "the name of a time zone; paths are refused")
    out.add_all("pytz.tzinfo", "StaticTzInfo DstTzInfo", "import")
    out.add_all("dateutil.tz.tz", "tzutc tzlocal tzoffset", CLASS)
    out.add("dateutil.relativedelta", "relativedelta", PLAIN)
    out.add("dateutil._common", "weekday", CLASS)


def functions(out):
    out.add_all("builtins", FUNCTIONS, DATA, "a function as data")
    for name in STR.split():
        out.add("builtins", "str." + name, DATA, "a method as data")
    for owner in ("list", "tuple"):
        for name in ("count", "index"):
            out.add("builtins", f"{owner}.{name}", DATA, "a method as data")
    out.add_all("math", MATH, DATA, "a function as data")
    out.add_all("typing", "Any List Dict Tuple Set Union Optional Callable Sequence Mapping Iterable", "import")
    out.add_all("numbers", "Number Real Integral Complex Rational", "import")
    for name, cls in sorted(vars(builtins).items()):
        if isinstance(cls, type) and issubclass(cls, BaseException):
            out.add("builtins", name, CLASS)


def main():
    out = Listing("sys", "make_python.py")
    out.head = "# Made by tests/lists/make_python.py from Python %d.%d; do not edit." % sys.version_info[:2]
    data_types(out)
    machinery(out)
    functions(out)
    out.write()


if __name__ == "__main__":
    main()
