#!/usr/bin/env python3
"""Writes rules/lists/pickle/signatures/families.txt: signatures that many classes share.

usage: make_signatures.py [RULES_DIR]

A family is a set of allowed names (by module and name, as regular expressions) and the signature that their writers
keep to.  Single classes have their lines in the files beside it, written by hand from what observe_types.py saw.
"""
import pathlib
import re
import sys

RULES = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2] / "rules")

ARRAY = ("(int,tuple,dtype:plain,bool|int,bytes|text|object:builtins.bytes)"
         "|(int,tuple,dtype:object,bool|int,list)"
         "|(int,tuple,object:numpy._core._internal._convert_to_stringdtype_kwargs,bool|int,list)")
MASKED = ("(int,tuple,dtype:plain,bool|int,bytes|text,bytes|text,any)"
          "|(int,tuple,dtype:object,bool|int,list,bytes|text,any)")
BACKED = "(object|dtype,array,dict)|(object|dtype,array)|(dict,object|dtype,array)|(dict)|dict"
METHODS = "!_attach_methods!_attach_argparser_methods!_construct_argparser!_updated_ctor_param"

FAMILIES = [
    # module, name, signature, why
    (r"numpy(\.\w+)*", r"(ndarray|chararray|matrix|recarray|memmap)", f"call none ; new (name,tuple,bytes|text)|(name,name,tuple,bytes|text) ; build {ARRAY}",
     "items as bytes only where the type has no objects; a buffer and an offset of the file's own choice reach outside"),
    (r"numpy\.ma(\.core)?", r"MaskedArray", f"build {MASKED}|dict", "as an array, with its mask and fill value"),
    (r"numpy(\.core|\._core)\.multiarray", r"scalar", "call (dtype:plain,bytes|text|object:builtins.bytes)",
     "a scalar of objects returns its argument, whatever that is"),
    (r"numpy(\.core|\._core)\.multiarray", r"_reconstruct", "call (name,tuple,bytes|text)", "an empty array"),
    (r"numpy(\.core|\._core)\.numeric", r"_frombuffer",
     "call (bytes|bytearray|object:builtins.bytearray,dtype:plain,tuple,text)", "bytes of a plain type"),
    (r"numpy\.random(\.\w+)*", r"(MT19937|PCG64|PCG64DXSM|Philox|SFC64)",
     "call () ; build dict|(dict,object:numpy.random.bit_generator.SeedSequence)|(dict,none)", "the state of a generator"),
    (r"numpy\.random(\.\w+)*", r"SeedSequence", "build dict|(any,any,array,int,tuple)", "entropy and counters"),
    (r"numpy", r"dtype", "call (text|name:numpy.record,bool|int,bool|int)|(text)|(text,bool|int,bool|int,dict) ; "
     "build (int,text,none|(dtype,tuple),none|tuple,none|dict,int,int,int)"
     "|(int,text,none|(dtype,tuple),none|tuple,none|dict,int,int,int,any)", "dtypes.c checks what the state says"),
    (r"pandas(\..*)?", r"(Categorical|DatetimeArray|TimedeltaArray|PeriodArray|StringArray|NumpyExtensionArray|PandasArray)",
     f"build {BACKED}", "an array and its type"),
    (r"pandas", r"StringDtype", "call (text,float|name:pandas.NA)|(text)|()", "where texts are kept, and what stands for none"),
    (r"pandas", r"PeriodDtype", "call (text)", "its frequency"),
    (r"pyarrow\.lib", r"_restore_array", "call ((object:pyarrow.lib.type_for_alias,int,int,int,list,list,none))", "a type and buffers"),
    (r"pyarrow\.lib", r"py_buffer", "call (bytes)|(object:builtins.bytearray)|(bytearray)", "bytes"),
    (r"pyarrow\.lib", r"type_for_alias", "call (text)", "the name of a type"),
    (r"jax\._src\.array", r"_reconstruct_array",
     "call (name:numpy.core.multiarray._reconstruct|name:numpy._core.multiarray._reconstruct,(name:numpy.ndarray,(int),bytes),"
     "(int,tuple,dtype:plain,bool,bytes),dict)", "it calls its first argument: only NumPy's, for an array of plain items"),
    (r"pandas\..*", r"IntervalArray", "build (dict)|dict", "its ends"),
    (r"pandas\..*managers", r"(Single)?BlockManager", "call any ; build (list,list,list,dict)|dict", "axes and blocks"),
    (r"scipy\.stats\._(continuous|discrete)_distns", r"\w+", f"build dict{METHODS}|(dict{METHODS},none)",
     "restoring calls these methods: a key of that name would replace one"),
    (r"scipy\.stats\..*|statsmodels\.(discrete|distributions)\..*", r"\w+",
     f"build none|dict{METHODS}!_initialize|(dict{METHODS},none)", "restoring calls these methods"),
    (r"scipy\.sparse(\.\w+)*", r"\w+", "build none|dict!_validate_indices|(none,dict!_validate_indices)",
     "storing an item calls this method"),
    (r"argparse|types", r"Namespace|SimpleNamespace",
     "build none|dict!_get_args!_get_kwargs!keys|(none,dict!_get_args!_get_kwargs!keys)",
     "its repr, and what takes mappings, call these methods"),
    (r"sklearn\.metrics\._dist_metrics", r"\w+Distance(32|64)?",
     "build (float,array,array)|(float,array,array,any)", "parameters of a metric"),
    (r"sklearn\.neighbors\.(_ball_tree|_kd_tree|_quad_tree)", r"(BallTree|KDTree)(32|64)?",
     "call () ; build (array,array,array,array,int,int,int,int,int,int,int,object,none|array)",
     "a metric as an argument would be called"),
    (r"torch\.optim(\.(?!lr_scheduler)\w+)?", r"[A-Z]\w+", "build dict!_hook_for_profile!_patch_step_function!profile_hook_step",
     "restoring calls these methods"),
    (r"torch\.optim\.lr_scheduler", r"[A-Z]\w+", "build dict!_initial_step", "restoring calls this method"),
    (r"torch\.utils\.hooks", r"RemovableHandle", "build dict|(object,int)|(object,int,tuple)", "the dictionary of hooks"),
    (r"statsmodels\.tools\.tools", r"Bunch", "build dict|object:statsmodels.tools.tools.Bunch", "it is its own __dict__"),
    (r"transformers(\..*)?", r"\w+Config", "build none|dict!attribute_map|(none,dict!attribute_map)|(dict!attribute_map,none)",
     "attributes are looked up through it, also the loader's"),
    (r"networkx\.classes\.\w+", r"(Ordered)?(Multi)?(Di)?Graph", "new ()|(name,name:builtins.object,none)", "another argument may name a backend, which would be imported"),
    (r"torch\.distributed\.checkpoint\.metadata|torch\.distributed\._shard\.sharded_tensor\.metadata", r"TensorProperties",
     "build (any,any,bool,any,bool)", "a type, a layout, a memory format"),
    (r"torch\.return_types", r"\w+", "call (tuple,dict)|(tuple)", "tensors"),
    (r"torch\.torch_version", r"TorchVersion", "new (text)", "a text"),
    (r"_?operator", r"or_", "call (name|object:_operator.or_,name)", "flags"),
    (r"nltk\.probability", r"FreqDist", "call (dict)|()", "counts: its constructor walks what it is given"),
    (r"nltk\.probability", r"ConditionalFreqDist", "call ()", "its items follow"),
    (r"nltk\.tokenize\.punkt", r"PunktLanguageVars", "build int|dict", "its state is 1"),
    (r"argparse", r"Namespace", "build dict!_get_args!_get_kwargs|none|(none,dict!_get_args!_get_kwargs)",
     "its repr calls these methods"),
    (r"copyreg|copy_reg", r"_reconstructor",
     "call (name,name:builtins.object,none)|(name,name:builtins.dict|name:builtins.list|name:builtins.tuple|name:builtins.set"
     "|name:builtins.frozenset|name:builtins.int|name:builtins.float|name:builtins.str|name:builtins.bytes"
     "|name:builtins.complex,any)", "another base would make an object of another class"),
    (r"_codecs", r"encode", "call (text,text=latin1|text=latin-1)", "bytes below protocol 3"),
    (r"random", r"Random", "build (int,tuple,none|float)", "the state of a generator"),
    (r"scipy\.interpolate\._bsplines", r"BSpline", "build dict|(object,array)", "a compiled spline and its coefficients"),
    (r"scipy\.spatial\.transform\._?rotation", r"Rotation", "build dict|(array,bool)", "quaternions"),
    (r"scipy\.spatial\._(ckdtree|kdtree)", r"c?KDTree", "build none",
     "compiled code follows the node numbers of the state: none is allowed"),
    # Callables that honest writers give objects (observe_types.py, November 2026).
    (r"builtins", r"getattr", "call (any,text)", "the machine follows it"),
    (r"datetime", r"datetime|timezone|time", "call any", "a time and its zone"),
    (r"jax\._src\.array", r"_reconstruct_array", "call any", "the machine follows it"),
    (r"numpy\.random(\.\w+)*", r"__(generator|randomstate|bit_generator)_ctor", "call any", "the machine follows them"),
    (r"pandas\._libs\..*", r"_unpickle_block|Period|_unpickle_timestamp|BusinessDay|BusinessHour", "call any", "blocks and offsets"),
    (r"pandas\.core\..*", r"PeriodDtype|BlockManager|SingleBlockManager", "call any", "a type by its offset, blocks"),
    (r"pyarrow\.lib", r"_restore_array|py_buffer", "call any", "buffers and their type"),
    (r"statsmodels\.tsa\.statespace\..*", r"\w+Kalman(Filter|Smoother)", "call any", "a filter over its model"),
    (r"torch\._tensor|torch\._utils|torch\.nn\.parameter", r"_rebuild\w*", "call any", "tensors of tensors"),
    (r"torch", r"ScriptObject", "build (tuple,text)", "a packed parameter of TorchScript"),
]


def allowed():
    for path in sorted((RULES / "lists/pickle/allowed").glob("*.txt")):
        for line in path.read_text().splitlines():
            words = line.split()
            if len(words) >= 3 and not line.startswith("#"):
                yield words[0], words[1]


def main():
    lines = {}
    for module, name in allowed():
        for of_module, of_name, signature, why in FAMILIES:
            if re.fullmatch(of_module, module) and re.fullmatch(of_name, name):
                lines[module, name] = f"{module} {name} {signature} # {why}"
                break
    out = RULES / "lists/pickle/signatures/families.txt"
    out.write_text("# Made by tests/lists/make_signatures.py from the allowed lists; do not edit.\n"
                   + "".join(f"{lines[key]}\n" for key in sorted(lines)))
    print(f"{out}: {len(lines)} signatures")


main()
