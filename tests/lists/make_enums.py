#!/usr/bin/env python3
"""Writes rules/lists/pickle/allowed/enums.txt: the enumerations of Python's library, whose members are known by class.

usage: /usr/bin/python3 make_enums.py RULES_DIR > rules/lists/pickle/allowed/enums.txt

Left out: names that another allowed list has, and modules whose import shows or starts something.
"""
import contextlib
import enum
import importlib
import io
import pathlib
import sys
import warnings

SKIP = {"antigravity", "this", "idlelib", "turtledemo", "turtle", "tkinter", "test", "lib2to3", "__main__"}


def listed(rules):
    for path in (pathlib.Path(rules) / "lists/pickle/allowed").glob("*.txt"):
        if path.name != "enums.txt":
            yield from (tuple(line.split()[:2]) for line in path.read_text().splitlines() if not line.startswith("#"))


def modules():
    warnings.simplefilter("ignore")
    for name in sorted(sys.stdlib_module_names - SKIP):
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
            importlib.import_module(name)
    for name in ("asyncio.constants", "http.client", "concurrent.futures", "xml.dom.pulldom", "unittest.mock"):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    return [m for n, m in sorted(sys.modules.items()) if n.split(".")[0] in sys.stdlib_module_names]


def main():
    known, rows = set(listed(sys.argv[1])), {}
    for module in modules():
        for name, cls in vars(module).items():
            own = isinstance(cls, type) and issubclass(cls, enum.Enum) and cls.__module__ == module.__name__
            if own and cls.__qualname__ == name and len(cls) > 0 and (module.__name__, name) not in known:
                rows[module.__name__, name] = "import,call,argument,enum"
    print(f"# Made by tests/lists/make_enums.py from Python {sys.version.split()[0]}; do not edit.")
    for (module, name), ops in sorted(rows.items()):
        print(module, name, ops)


main()
