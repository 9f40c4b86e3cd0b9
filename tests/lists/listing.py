"""What the make_*.py scripts share: walk a library, keep what is plain, write the list.

A class is listed when none of its bases runs code of its own while an instance is restored.  Those that
define one of HOOKS are left out unless their hook was read and is in `audited`; so are private parts of a
library that no pickle holds (tests, builds), everything that owns files, processes or connections, and
every class with __del__, which runs on whatever state a pickle gives it.
"""
import enum
import importlib
import inspect
import os
import pkgutil
import sys
import warnings

warnings.simplefilter("ignore")
os.environ["SCIPY_ARRAY_API"] = ""
DATA = "import,argument"                      # a function as mere data
PLAIN = "import,new,build,argument"           # a class that is made by __new__ and filled by its state
CLASS = "import,call,new,build,argument"      # one whose reduce calls it
REBUILD = "import,call,build"                # a rebuild function
HOOKS = ("__new__", "__setstate__", "__del__", "__setattr__", "__getattribute__", "__getattr__", "__hash__")
DROPPED = {"tests", "test", "testing", "conftest", "setup", "_build_utils", "f2py", "distutils", "_pytesttester",
           "__config__", "_config", "_testing", "externals", "_tester", "_lib", "_typing"}


def modules(package, skip=()):
    """The modules of a package, those that tests or builds use left out."""
    root = importlib.import_module(package)
    found = [root]
    for info in pkgutil.walk_packages(getattr(root, "__path__", []), package + ".", onerror=lambda name: None):
        parts = info.name.split(".")
        if DROPPED & set(parts) or any(p.startswith("test_") for p in parts) or info.name.startswith(tuple(skip)):
            continue
        try:
            found.append(importlib.import_module(info.name))
        except Exception as why:              # an optional dependency is missing
            print(f"# {info.name}: not imported: {why!r}", file=sys.stderr)
    return found


def hooks(cls):
    """The hooks that its bases define, but those of Python itself, as Owner.hook."""
    out = set()
    if issubclass(cls, enum.Enum):                # a member is looked up by its value
        return out
    for base in cls.__mro__:
        named = issubclass(base, tuple) and hasattr(base, "_fields")      # a namedtuple's __new__ is tuple's
        if base.__module__.split(".")[0] not in sys.stdlib_module_names and not named:
            out |= {f"{base.__name__}.{h}" for h in HOOKS if vars(base).get(h) is not None}
    return out


def compiled(out, module, names, note):
    """Cython classes, and what it makes to unpickle them: it makes the class it is given, which the machine reports."""
    for name in names.split():
        out.add(module, name, CLASS, note)
        out.add(module, "__pyx_unpickle_" + name, REBUILD, "makes an instance of the class it is given: the machine reports that class")


class Listing:
    def __init__(self, library, script):
        module = importlib.import_module(library)
        version = getattr(module, "__version__", "?").split("+")[0]
        self.head = f"# Made by tests/lists/{script} from {library} {version}; do not edit."
        self.package, self.rows, self.left_out = library, {}, []

    def add(self, module, name, ops, note=""):
        old = self.rows.get((module, name))
        if old:                               # the first note stays; operations add up
            both = set(old[0].split(",")) | set(ops.split(","))
            ops = ",".join(o for o in ("import", "call", "new", "build", "method", "argument") if o in both)
            note = old[1] or note
        self.rows[module, name] = (ops, note)

    def add_all(self, module, names, ops, note=""):
        for name in names.split():
            self.add(module, name, ops, note)

    def classes(self, found, audited=(), skip=(), ops=PLAIN):
        """Every plain class that the modules define."""
        for module in found:
            for name, cls in sorted(vars(module).items()):
                if not inspect.isclass(cls) or cls.__module__ != module.__name__ or cls.__name__ != name:
                    continue
                if issubclass(cls, BaseException) or name in skip or name.startswith("Test"):
                    continue
                unread = {h for h in hooks(cls) if h not in audited}
                if unread:
                    self.left_out.append(f"{cls.__module__}.{name}: {' '.join(sorted(unread))}")
                else:
                    self.add(cls.__module__, name, ops)
                    self.members(cls)
                    if hasattr(cls, "__getnewargs_ex__"):
                        self.add(cls.__module__, name + ".__new__", "import,call,build,argument", "protocol 2 copies through it")

    def members(self, cls):
        """What the opcodes call on it, and the members of an enumeration, by name."""
        if issubclass(cls, dict) and cls.__setitem__ is dict.__setitem__:
            self.add(cls.__module__, cls.__name__ + ".__setitem__", "method")
        if issubclass(cls, list) and cls.append is list.append and cls.extend is list.extend:
            self.add_all(cls.__module__, f"{cls.__name__}.append {cls.__name__}.extend", "method")
        if issubclass(cls, enum.Enum):
            self.add(cls.__module__, cls.__name__, "call")
            for member in cls:
                self.add(cls.__module__, f"{cls.__name__}.{member.name}", DATA)

    def write(self):
        for line in self.left_out:
            print("# left out: " + line, file=sys.stderr)
        print(self.head)
        for (module, name), (ops, note) in sorted(self.rows.items()):
            print(f"{module} {name} {ops}" + (f" # {note}" if note else ""))
