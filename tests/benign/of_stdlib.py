"""Python's own data types, as configurations and metrics beside a model hold them."""
import argparse
import array
import collections
import datetime
import decimal
import fractions
import functools
import ipaddress
import operator
import pathlib
import random
import re
import types
import uuid
import zoneinfo


def things():
    yield "plain", {"a": [1, 2.5, None, True, "x", b"y", (1, 2), {3}, frozenset({4})], 5: 1 << 80, "n": -1.5}
    yield "collections", [collections.OrderedDict(a=1), collections.Counter("aab"), collections.deque([1, 2], 5),
                          collections.defaultdict(list, a=[1]), collections.defaultdict(int), collections.ChainMap({"a": 1}),
                          collections.UserDict(a=1), collections.UserList([1]), collections.UserString("x")]
    yield "time", [datetime.datetime(2020, 1, 2, 3, 4), datetime.date(2020, 1, 2), datetime.time(1, 2), datetime.timedelta(3),
                   datetime.timezone.utc, datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))]
    yield "zone", [zoneinfo.ZoneInfo("Europe/Berlin"), datetime.datetime(2020, 1, 2, tzinfo=zoneinfo.ZoneInfo("UTC"))]
    yield "numbers", [decimal.Decimal("1.5"), fractions.Fraction(1, 3), complex(1, 2), uuid.UUID(int=5), array.array("d", [1.0, 2.0]),
                      range(3), slice(1, 2), bytearray(b"abc"), Ellipsis, NotImplemented]
    yield "paths", [pathlib.PurePosixPath("a/b"), pathlib.PosixPath("/tmp/x"), pathlib.PureWindowsPath("c:/x")]
    yield "names", [argparse.Namespace(lr=0.1), types.SimpleNamespace(a=1), ipaddress.ip_address("10.0.0.1")]
    yield "random", [random.Random(3)]
    yield "regex", [re.compile("a+b"), re.compile("x", re.I | re.M), re.I]
    yield "functions", [operator.itemgetter(1), operator.itemgetter("a", "b"), operator.attrgetter("lr"), functools.partial(int, base=2),
                        len, max, min, sum, abs, sorted, isinstance, operator.add, operator.mul, str.lower, str.split,
                        "abc".upper, [1].count, functools.partial(sorted, reverse=True)]
    yield "types", [int, float, str, list, dict, tuple, bytes, bool, object, ValueError, KeyError("x"), ValueError("y")]
    yield "enums", [re.RegexFlag.IGNORECASE, uuid.SafeUUID.unknown]
