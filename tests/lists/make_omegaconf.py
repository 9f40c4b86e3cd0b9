#!/usr/bin/env python3
"""Writes rules/lists/pickle/allowed/omegaconf.txt from the omegaconf that is installed.
usage: /usr/bin/python3 make_omegaconf.py > rules/lists/pickle/allowed/omegaconf.txt

Interpolations are resolved when a value is read, by resolvers that the program registered."""
import importlib

from listing import Listing

AUDITED = {"Node.__setstate__", "Node.__hash__", "BaseContainer.__setstate__", "DictConfig.__setattr__", "DictConfig.__getattr__", "DictConfig.__hash__",
           "ListConfig.__hash__", "ListConfig.__getattr__", "ListConfig.__setattr__", "ValueNode.__hash__", "AnyNode.__hash__", "IntegerNode.__hash__",
           "StringNode.__hash__", "BytesNode.__hash__", "PathNode.__hash__", "FloatNode.__hash__", "BooleanNode.__hash__", "EnumNode.__hash__", "UnionNode.__hash__"}


def main():
    out = Listing("omegaconf", "make_omegaconf.py")
    out.classes([importlib.import_module("omegaconf." + m) for m in ("base", "nodes", "dictconfig", "listconfig", "basecontainer")], AUDITED)
    out.write()


if __name__ == "__main__":
    main()
