"""numpy: every dtype, the array classes, generators of random numbers, npy and npz files."""
import numpy as np

KINDS = ("bool i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 g F D G S5 U5 V3 O M8[ns] M8[D] m8[s] >i4 >f8 >U3 "
         "i4,f8 (2,3)f4").split()


def things():
    for kind in KINDS:
        dtype = np.dtype(kind)
        name = "".join(c if c.isalnum() else "_" for c in kind)
        yield "array_" + name, np.zeros(5, dtype)
        yield "dtype_" + name, [dtype, dtype.newbyteorder()]
        if dtype.kind != "O" and dtype.shape == ():
            yield "scalar_" + name, [np.zeros(1, dtype)[0]]
    yield "structured", np.array([(1, 2.0, "x")], dtype=[("a", "i4"), ("b", "f8", (2,)), ("c", "U3")])
    yield "titled", np.zeros(2, np.dtype({"names": ["a", "b"], "formats": ["i4", "f8"], "offsets": [0, 8], "itemsize": 24, "titles": ["A", "B"]}))
    yield "aligned", np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True))
    yield "object", np.array([1, "a", None, [1], {"k": 2.5}], dtype=object)
    yield "orders", [np.asfortranarray(np.ones((3, 4))), np.ones((3, 4))[::2], np.ones((0, 3)), np.array(3.0), np.ones((2, 2), ">f8")]
    yield "large", np.arange(5000.0).reshape(50, 100)
    yield "masked", [np.ma.masked_array([1, 2, 3], mask=[0, 1, 0]), np.ma.masked, np.ma.array([(1, 2)], dtype="i4,i4")]
    yield "subclasses", [np.matrix([[1, 2]]), np.rec.array([(1, 2.0)], names="a,b"), np.char.array(["a", "b"]), np.rec.array([(1, 2.0)], names="a,b")[0]]
    yield "generators", [np.random.default_rng(1), np.random.RandomState(2), np.random.SeedSequence(3)] + [
        np.random.Generator(kind(1)) for kind in (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)]
    yield "bit_generators", [kind(1) for kind in (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)]
    yield "polynomials", [np.poly1d([1, 2]), np.polynomial.Polynomial([1, 2]), np.polynomial.Chebyshev([1, 2]), np.polynomial.Legendre([1]),
                          np.polynomial.Hermite([1]), np.polynomial.HermiteE([1]), np.polynomial.Laguerre([1])]
    yield "functions", [np.add, np.exp, np.log1p, np.expm1, np.sqrt, np.mean, np.median, np.std, np.sum, np.argmax, np.log, np.tanh,
                        np.maximum, np.nanmean, np.percentile, np.linalg.norm, np.abs, np.square, np.isnan, np.array, np.asarray, np.ravel]
    yield "types", [np.float32, np.int64, np.str_, np.bool_, np.ndarray, np.dtype, np.generic, np.number, np.integer, np.floating, np.object_,
                    np.datetime64, np.timedelta64, np.void, np.bytes_, np.complex64, np.longdouble, np.uint8, np.half, np.intc, np.uintp]
    yield "info", [np.finfo(float), np.iinfo(int), np.random.rand, np.random.RandomState(0).uniform]


def files():
    for kind in KINDS:
        name = "".join(c if c.isalnum() else "_" for c in kind)
        yield name + ".npy", lambda p, k=kind: np.save(p, np.zeros((2, 3), np.dtype(k)), allow_pickle=True)
    yield "fortran.npy", lambda p: np.save(p, np.asfortranarray(np.ones((3, 4))))
    yield "structured.npy", lambda p: np.save(p, np.zeros(3, [("a", "i4"), ("b", "f8", (2,))]))
    yield "plain.npz", lambda p: np.savez(p, a=np.ones(3), b=np.arange(4))
    yield "packed.npz", lambda p: np.savez_compressed(p, a=np.ones(300), b=np.array(["x", None], dtype=object))
