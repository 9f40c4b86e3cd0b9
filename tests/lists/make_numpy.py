#!/usr/bin/env python3
"""Writes rules/lists/pickle/allowed/numpy.txt from the numpy that is installed.
usage: /usr/bin/python3 make_numpy.py > rules/lists/pickle/allowed/numpy.txt

numpy 2.0 moved numpy.core to numpy._core: every name of the one is listed under the other, too."""
import inspect

import numpy as np

from listing import CLASS, DATA, Listing, PLAIN, REBUILD

CALLED = "its argument is called: the machine reports that call"
MADE = "makes an array of the class it is given: the machine reports that class"
# compute from what they are handed, and neither read nor write nor call
FUNCTIONS = """abs all allclose amax amin any append arange argmax argmin argsort argwhere around array array_equal asarray atleast_1d
atleast_2d average bincount broadcast_to clip concatenate convolve corrcoef cov cross cumprod cumsum diag diff digitize dot dstack einsum
empty empty_like expand_dims eye flip full hstack identity inner interp isclose isin isnan linspace logspace max mean median meshgrid min
moveaxis nan_to_num nanmax nanmean nanmedian nanmin nanpercentile nanquantile nanstd nansum nanvar ones ones_like outer percentile prod
ptp quantile ravel repeat reshape roll rollaxis rot90 round searchsorted sort split squeeze stack std sum swapaxes take tensordot tile
trace transpose trapz tri tril triu unique var vdot vstack where zeros zeros_like real imag ndim shape size""".split()
LINALG = "norm inv pinv det slogdet eig eigh eigvals eigvalsh svd qr solve cholesky matrix_rank lstsq".split()
GENERATORS = {"_mt19937": "MT19937", "_pcg64": "PCG64 PCG64DXSM", "_philox": "Philox", "_sfc64": "SFC64"}
# no method that fills a buffer from outside, or hands out pointers
NOT_SAMPLED = {"set_state", "get_state", "seed", "bit_generator", "spawn"}


def core(out, module, name, ops, note=""):
    for top in ("numpy.core", "numpy._core"):
        out.add(top + module, name, ops, note)


def arrays(out):
    out.add("numpy", "ndarray", "import,new,build,argument")
    for module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray"):
        out.add(module, "dtype", CLASS)
    core(out, ".multiarray", "ndarray", "import,new,build,argument")
    core(out, ".multiarray", "_reconstruct", REBUILD, MADE)
    core(out, ".multiarray", "scalar", "import,call")   # of dtype O it returns what it is given: no state
    core(out, ".numeric", "_frombuffer", REBUILD)
    core(out, "", "_ufunc_reconstruct", "import,call", "imports what it is told: the machine reports that import")
    core(out, "._internal", "_convert_to_stringdtype_kwargs", "import,call", "since 2.0: a text and a flag")
    out.add("numpy.ma.core", "_mareconstruct", REBUILD, MADE)
    out.add("numpy.ma.mrecords", "_mrreconstruct", REBUILD, MADE)
    for name in ("MaskedArray", "mvoid", "MaskedConstant"):
        out.add("numpy.ma.core", name, CLASS)
    out.add("numpy.ma", "MaskedArray", CLASS, "since 2.3")
    out.add("numpy.ma.mrecords", "MaskedRecords", PLAIN)
    for module in ("numpy", "numpy.matrixlib.defmatrix"):
        out.add(module, "matrix", "import,new,build,argument")
    for module in ("numpy", "numpy.rec", "numpy.core.records", "numpy._core.records"):
        out.add_all(module, "recarray record", "import,new,build,argument")
    for module in ("numpy", "numpy.char", "numpy.core.defchararray", "numpy._core.defchararray"):
        out.add(module, "chararray", "import,new,build,argument")


def types(out):
    """Scalar types, under every name a pickle may give them."""
    for name in sorted(set(dir(np)) | {"bool", "long", "ulong"}):
        cls = getattr(np, name, None)
        if name in ("bool", "long", "ulong") or (inspect.isclass(cls) and issubclass(cls, np.generic)):
            out.add("numpy", name, DATA)
    for name in ("float16", "float32", "float64"):
        core(out, ".multiarray", name, DATA)
    kinds = "Bool Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float16 Float32 Float64 LongDouble Complex64 Complex128 CLongDouble " \
            "Object Bytes Str Void DateTime64 TimeDelta64 LongLong ULongLong Long ULong Int UInt Short UShort Byte UByte String"
    for kind in kinds.split():
        out.add("numpy.dtypes", kind + "DType", CLASS, "since 1.25")


def functions(out):
    out.add_all("numpy", " ".join(FUNCTIONS), DATA, "a function as data")
    out.add_all("numpy.linalg", " ".join(LINALG), DATA, "a function as data")
    for name in sorted(dir(np)):
        if isinstance(getattr(np, name), np.ufunc):
            for module in ("numpy", "numpy.core._multiarray_umath", "numpy._core._multiarray_umath", "numpy.core.umath", "numpy._core.umath"):
                out.add(module, name, DATA, "a ufunc as data")


def randoms(out):
    for maker in ("__randomstate_ctor", "__generator_ctor", "__bit_generator_ctor"):
        out.add("numpy.random._pickle", maker, REBUILD, CALLED)
    for module, names in GENERATORS.items():
        out.add_all("numpy.random." + module, names, CLASS)
    for module in ("numpy.random.bit_generator", "numpy.random._bit_generator"):
        out.add_all(module, "SeedSequence SeedlessSeedSequence", CLASS)
        out.add(module, "__pyx_unpickle_SeedSequence", REBUILD, "makes an instance of the class it is given")
    out.add("numpy.random.mtrand", "RandomState", "import,argument")
    out.add("numpy.random._generator", "Generator", "import,argument")
    for maker, cls in (("__randomstate_ctor", np.random.RandomState), ("__generator_ctor", np.random.Generator)):
        for name in sorted(vars(cls)):
            if not name.startswith("_") and name not in NOT_SAMPLED:
                out.add("numpy.random._pickle", f"{maker}.{name}", DATA, "a bound method as data")


def others(out):
    for module, name in (("polynomial", "Polynomial"), ("chebyshev", "Chebyshev"), ("legendre", "Legendre"), ("hermite", "Hermite"),
                         ("hermite_e", "HermiteE"), ("laguerre", "Laguerre")):
        out.add("numpy.polynomial." + module, name, PLAIN)
    for module in ("numpy", "numpy.lib.polynomial", "numpy.lib._polynomial_impl"):
        out.add(module, "poly1d", PLAIN)
    for module in ("numpy", "numpy.core.getlimits", "numpy._core.getlimits"):
        out.add_all(module, "finfo iinfo MachArLike", PLAIN)
    for module in ("numpy", "numpy.lib.function_base", "numpy.lib._function_base_impl"):
        out.add(module, "vectorize", "import,new,build", "holds a function, and calls it only when it is called")


def main():
    out = Listing("numpy", "make_numpy.py")
    for part in (arrays, types, functions, randoms, others):
        part(out)
    out.write()


if __name__ == "__main__":
    main()
