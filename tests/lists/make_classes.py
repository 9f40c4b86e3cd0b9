#!/usr/bin/env python3
"""Writes the lists of classes that were read from the source of libraries which are not installed here.

usage: make_classes.py TABLES RULES_DIR [LIBRARY...]

TABLES is a folder of LIBRARY.tsv (module, name, kind, nearest base > root base > *external, flags, trigger keys) with
hazards.tsv (classes whose restore is hazardous), wrong.tsv and restore_review.tsv (what each __setstate__ calls).
Flags: NAME, a method that the class defines; ^NAME, one that a base in the library defines; init!X, its constructor
does X; restore~X, a hazard of its restore.  m:KEY, a method that its restore calls on the object itself.

RULES_DIR/lists/pickle/allowed/LIBRARY_classes.txt gets the classes that restore as data, and
RULES_DIR/lists/pickle/signatures/classes.txt the states of those for which the default is too wide.  Names that
another list has stay there.  All of it is by source: nothing of it was run.
"""
import collections
import functools
import pathlib
import re
import sys

FILES = {  # library: its tables, the packages that it brings
    "accelerate": "", "deepspeed": "", "diffusers": "", "fairseq": "", "flax": "", "gensim": "", "gpytorch": "", "jax": "",
    "lightning": "lightning lightning_fabric pytorch_lightning", "linear_operator": "", "mmengine": "", "networkx": "", "nltk": "",
    "optax": "", "peft": "", "scipy": "", "sentence_transformers": "", "sklearn": "", "statsmodels": "", "timm": "",
    "torch": "", "torch_geometric": "", "torchaudio": "", "torchmetrics": "", "torchvision": "", "transformers": "", "TTS": "",
    "ultralytics": "", "ultralytics8.3": "ultralytics", "xarray": "", "xgboost": ""}
OF_TORCH = ("torch.nn.", "torch.optim.", "torch.ao.nn.", "torch.ao.quantization.", "torch.distributions.",
            "torch.distributed.checkpoint.metadata", "torch.distributed.checkpoint.planner", "torch.distributed.tensor.placement_types",
            "torch.distributed._shard.sharded_tensor.metadata", "torch.distributed._shard.metadata")
NOT_PICKLED = {"tests", "testing", "test", "docs", "examples", "scripts", "benchmarks", "benchmark", "cli", "commands", "conftest", "setup",
               "tutorials", "tools", "_testing", "app", "draw", "downloader", "twitter", "inference", "corpus", "server",
               "gui", "web", "demo", "main", "__main__", "corenlp", "parse", "plotting", "externals", "inspector", "launch", "launcher", "sandbox", "parsing", "printing"}
NOT_IMPORTED = ("test_", "modular_", "convert_")           # tests, and sources that other modules are written from
DATA_ONLY = {"enum", "namedtuple", "dataclass", "module", "config", "estimator", "container", "other"}
# what the loader does not call, or only as a method that no list allows
HARMLESS = set("call slots getstate reduce getnewargs setitem append extend add only-older from-export-list".split())
# of __setstate__: they fill the object, and look at the types of what it gets
PLAIN_CALLS = set("super super().__setstate__ self.__dict__.update self.__dict__.setdefault hasattr isinstance len float range tuple list set type "
                  "OrderedDict object.__setattr__ state.pop state.get state.items group.setdefault group.pop self.defaults.setdefault "
                  "type().__module__.startswith warnings.warn InconsistentVersionWarning RuntimeError NotImplementedError weakref.ref max "
                  "_get_scalar_dtype _init_scalar torch.is_tensor torch.tensor ?.to self.state.get self.state.values inspect.signature "
                  "vars vars().update dict.fromkeys".split())
STDLIB_BASES = set("object str int float dict list tuple set frozenset namedtuple() namedtuple collections.OrderedDict collections.UserDict enum.Enum "
                   "enum.IntEnum enum.StrEnum enum.Flag enum.IntFlag collections.abc.Mapping collections.abc.MutableMapping "
                   "collections.abc.Sequence collections.abc.Iterable collections.abc.Set abc.ABC typing.Generic typing.NamedTuple "
                   "lightning_utilities.core.enums.StrEnum".split())
# methods that were read: they raise, look into their own dictionaries for other names than the loader's, or hash data
REVIEWED = {"torchmetrics.metric.Metric": {"hash"}, "ultralytics.utils.SimpleClass": {"getattr"},
            **{f"xarray.core.{c}": {"getattr", "setattr"} for c in ("common.AttrAccessMixin", "dataarray.DataArray", "dataset.Dataset")}}
PLAIN, NO_ARGUMENT, ENUM = "import,new,build,argument", "import,new,build", "import,call,argument,enum"
# harmless methods that a __setstate__ calls, and the keys that would replace one or what it calls (watched_keys.def)
REPLACEABLE = {"_patch_step_function": {"_patch_step_function", "profile_hook_step", "_hook_for_profile"},
               "_wrap_update": {"_wrap_update"}, "_wrap_compute": {"_wrap_compute"}}
# methods and functions that objects of a library hold, by the bases of the class
HELD = {"gpytorch.module.Module": "_load_state_hook_ignore_shapes"}
FUNCTIONS = {"gpytorch": [("gpytorch.utils.transforms", "inv_softplus")],
             "gensim": [("gensim.utils", "call_on_class_only"), ("gensim.utils", "identity"), ("gensim.models.tfidfmodel", "df2idf"),
                        ("gensim.models.phrases", "original_scorer"), ("gensim.models.phrases", "npmi_scorer")]}

Row = collections.namedtuple("Row", "library module name kind bases flags keys")


def lines(path):
    return (line.split("\t") for line in path.read_text().splitlines() if line and not line.startswith("#"))


class Tables:
    def __init__(self, folder):
        self.folder, self.rows = folder, {}
        self.hazards = {(f[1], f[2]) for f in lines(folder / "hazards.tsv") if f[4] == "excluded"}
        self.hazards |= {(f[2], f[3]) for f in lines(folder / "wrong.tsv") if f[0] in ("strong", "weak")}
        self.calls = {(f[1], f[2]): set(f[4].split()) for f in lines(folder / "restore_review.tsv") if f[3] == "__setstate__"}
        for library in FILES:
            for f in lines(folder / (library + ".tsv")):
                module, name, kind, bases, flags, keys = (f + [""] * 6)[:6]
                row = Row(library, module, name, kind, bases.split(" > ") if bases else [], set(flags.split(",")) - {""}, keys.split())
                self.rows.setdefault(f"{module}.{name}", row)

    def bases(self, row):
        """The bases of a class as far as the tables know them, nearest first; None for one that nobody knows."""
        for base in row.bases:
            if base.startswith("*"):
                if base[1:] not in STDLIB_BASES:
                    yield None
                continue
            full = row.module + base if base.startswith(".") else base
            yield self.rows.get(full) if "." in full else None

    @functools.lru_cache(maxsize=None)
    def lineage(self, key):
        """The class and all its bases; None when one of them is not known or hazardous."""
        row = self.rows[key]
        found = [row]
        for base in self.bases(row):
            if base is None or (base.module, base.name) in self.hazards:
                return None
            above = self.lineage(f"{base.module}.{base.name}") if base != row else []
            if above is None:
                return None
            found += [r for r in above if r not in found]
        return found


def replaced_methods(tables, lineage):
    """The keys that would replace a method which a __setstate__ of these classes calls; None when it does more."""
    keys = set()
    for row in lineage:
        if "setstate" not in row.flags:
            continue
        for call in tables.calls.get((row.module, row.name), {"not reviewed"}):
            method = call.removeprefix("self.")
            if call.startswith("self.") and method in REPLACEABLE:
                keys |= REPLACEABLE[method]
            elif call == "inspect.signature":
                keys.add("update")
            elif call not in PLAIN_CALLS:
                return None
    return keys


def state_keys(tables, row):
    """What a state of this class must not have, or None for a class that stays unlisted."""
    lineage = tables.lineage(f"{row.module}.{row.name}")
    if lineage is None or (row.module, row.name) in tables.hazards:
        return None
    is_module = any(r.module == "torch.nn.modules.module" and r.name == "Module" for r in lineage)
    configures = any(r.name in ("PreTrainedConfig", "PretrainedConfig") and r.library == "transformers" for r in lineage)
    own = set()
    for r in lineage:                               # what a base has, the base says
        flags = {f for f in r.flags if not f.startswith(("restore~", "init!", "moved-from", "^"))}
        own |= flags - REVIEWED.get(f"{r.module}.{r.name}", set())
    defined = {f for r in lineage for f in r.flags}
    reviewed = set().union(*(REVIEWED.get(f"{r.module}.{r.name}", set()) for r in lineage))
    own |= {f[1:] for f in defined if f.startswith("^") and f[1:] not in defined} - reviewed
    hazards = {f for f in row.flags if f.startswith("restore~")}
    if is_module:                                   # found before __getattr__ is asked: Module.__setstate__
        own -= {"getattr", "setattr"}
        hazards = {f for f in hazards if not re.fullmatch(r"restore~getattr:delegates", f)}
    if configures:
        own -= {"getattribute"}
    if row.kind in ("dataclass", "namedtuple"):
        own -= {"hash"}
    if hazards or own - HARMLESS - {"setstate", "setattr"}:
        return None
    keys = replaced_methods(tables, lineage)
    if keys is not None and configures:
        keys = keys | {"attribute_map"}
    inherited = any(f == "^setstate" for f in row.flags)
    if keys is None or (inherited and not any("setstate" in r.flags for r in lineage)):
        return None
    return keys | ({"setattr"} if "setattr" in own else set())


def wanted(row, packages):
    parts = row.module.split(".")
    if parts[0] not in packages or NOT_PICKLED & set(parts) or any(p.startswith(NOT_IMPORTED) for p in parts):
        return False
    if parts[0] == "torch" and not row.module.startswith(OF_TORCH):
        return False
    if row.name.startswith("Test") or row.name.endswith(("Error", "Exception", "Warning")) or row.kind not in DATA_ONLY:
        return False
    return re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", row.module) and re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", row.name)


def listed(rules):
    """Names on other lists: the allowed ones, and (module, None) for a module whose whole is dangerous."""
    known, dangerous = set(), set()
    for path in (rules / "lists/pickle/allowed").glob("*.txt"):
        if not path.name.endswith("_classes.txt"):
            known |= {tuple(line.split()[:2]) for line in path.read_text().splitlines() if line and not line.startswith("#")}
    for path in (rules / "lists/pickle/dangerous").glob("*.txt"):
        dangerous |= {tuple(line.split()[:2]) for line in path.read_text().splitlines() if line and not line.startswith("#")}
    return known, dangerous


def is_dangerous(dangerous, module, name):
    parts = module.split(".")
    if module.startswith(OF_TORCH):                 # data classes of torch.distributed
        return (module, name) in dangerous
    return (module, name) in dangerous or any((".".join(parts[:n]), "*") in dangerous for n in range(1, len(parts) + 1))


def of_library(tables, library, taken, dangerous):
    """{(module, name): (operations, keys)}"""
    out, packages = {}, (FILES[library] or library).split()
    for row in tables.rows.values():
        key = (row.module, row.name)
        if row.library != library or key in taken or not wanted(row, packages) or is_dangerous(dangerous, *key):
            continue
        keys = state_keys(tables, row)
        if keys is None:
            continue
        if row.kind == "enum":
            if not row.flags - {"slots", "only-older"}:
                out[key] = (ENUM, set())
            continue
        runs = any(f.startswith("init!") for r in tables.lineage(f"{row.module}.{row.name}") for f in r.flags)
        out[key] = (NO_ARGUMENT if runs else PLAIN, keys)
        for base, method in HELD.items():
            if any(f"{r.module}.{r.name}" == base for r in tables.lineage(f"{row.module}.{row.name}")):
                out[row.module, f"{row.name}.{method}"] = ("import,argument", set())
    for key in FUNCTIONS.get(library, ()):
        out[key] = ("import,argument", set())
    return out


def in_a_family(key, keys):
    """The configurations of transformers are a family of make_signatures.py."""
    return "attribute_map" in keys and key[0].startswith("transformers.") and key[1].endswith("Config")


def signature(keys):
    """A class with a __setattr__ of its own gets attributes by dictionary only: those in slots are set through it."""
    deny = "".join("!" + key for key in sorted(keys - {"setattr"}))
    pair = "" if "setattr" in keys else f"|(none,dict{deny})|(dict{deny},none)"
    return f"build none|dict{deny}{pair}"


def main():
    rules = pathlib.Path(sys.argv[2])
    tables = Tables(pathlib.Path(sys.argv[1]))
    taken, dangerous = listed(rules)
    signatures = {}
    for library in sys.argv[3:] or FILES:
        rows = of_library(tables, library, taken, dangerous)
        taken |= set(rows)
        signatures |= {key: signature(keys) for key, (_, keys) in rows.items() if keys and not in_a_family(key, keys)}
        name = library.replace(".", "_")
        path = rules / f"lists/pickle/allowed/{name}_classes.txt"
        path.write_text(f"# Made by tests/lists/make_classes.py from the source of {library}, not from an installed library; do not edit.\n"
                        + "".join(f"{m} {n} {ops} # by source\n" for (m, n), (ops, _) in sorted(rows.items())))
        print(f"{path}: {len(rows)} names")
    (rules / "lists/pickle/signatures/classes.txt").write_text(
        "# Made by tests/lists/make_classes.py; do not edit. States by which a method that the restore calls would be replaced.\n"
        + "".join(f"{m} {n} {s}\n" for (m, n), s in sorted(signatures.items())))
    print(f"{len(signatures)} signatures")


if __name__ == "__main__":
    main()
