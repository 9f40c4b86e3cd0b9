#!/usr/bin/env python3
"""Writes rules/lists/pickle/allowed/pandas.txt from the pandas that is installed.
usage: /usr/bin/python3 make_pandas.py > rules/lists/pickle/allowed/pandas.txt

Frames evaluate, export and read files by their methods, so only what holds data is named here, class by
class; names that the installed version lacks carry the version they were moved in or removed."""
import importlib
import inspect

from listing import CLASS, Listing, PLAIN, REBUILD

MADE = "makes an index of the class it is given: the machine reports that class"
DATA_CLASSES = {
    "pandas.core.frame": "DataFrame", "pandas.core.series": "Series", "pandas.core.flags": "Flags",
    "pandas.core.internals.managers": "BlockManager SingleBlockManager",
    "pandas.core.internals.array_manager": "ArrayManager SingleArrayManager",
    "pandas._libs.internals": "BlockManager BlockPlacement",
    "pandas.core.internals.blocks": "NumericBlock ObjectBlock ExtensionBlock CategoricalBlock DatetimeLikeBlock DatetimeTZBlock NumpyBlock",
    "pandas.core.indexes.base": "Index", "pandas.core.indexes.range": "RangeIndex", "pandas.core.indexes.multi": "MultiIndex",
    "pandas.core.indexes.numeric": "NumericIndex Int64Index UInt64Index Float64Index",
    "pandas.core.indexes.category": "CategoricalIndex", "pandas.core.indexes.interval": "IntervalIndex",
    "pandas.core.indexes.datetimes": "DatetimeIndex", "pandas.core.indexes.timedeltas": "TimedeltaIndex",
    "pandas.core.indexes.period": "PeriodIndex", "pandas.core.indexes.frozen": "FrozenList",
    "pandas.core.arrays.categorical": "Categorical", "pandas.core.arrays.interval": "IntervalArray",
    "pandas.core.arrays.datetimes": "DatetimeArray", "pandas.core.arrays.timedeltas": "TimedeltaArray",
    "pandas.core.arrays.period": "PeriodArray", "pandas.core.arrays.sparse.array": "SparseArray",
    "pandas.core.arrays.sparse.dtype": "SparseDtype", "pandas.core.arrays.boolean": "BooleanArray BooleanDtype",
    "pandas.core.arrays.integer": "IntegerArray Int8Dtype Int16Dtype Int32Dtype Int64Dtype UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype",
    "pandas.core.arrays.floating": "FloatingArray Float32Dtype Float64Dtype",
    "pandas.core.arrays.string_": "StringArray StringDtype", "pandas.core.arrays.string_arrow": "ArrowStringArray",
    "pandas.core.arrays.numpy_": "PandasArray",
    "pandas.core.arrays.arrow.array": "ArrowExtensionArray", "pandas.core.arrays.arrow.dtype": "ArrowDtype",
    "pandas.core.dtypes.dtypes": "CategoricalDtype DatetimeTZDtype PeriodDtype IntervalDtype PandasDtype",
    "pandas._libs.interval": "Interval", "pandas._libs.sparse": "IntIndex BlockIndex",
    "pandas._libs.tslibs.timestamps": "Timestamp", "pandas._libs.tslibs.timedeltas": "Timedelta",
    "pandas._libs.tslibs.period": "Period", "pandas._libs.tslibs.nattype": "NaTType", "pandas._libs.missing": "NAType",
    "pandas._libs.tslibs.dtypes": "PeriodDtypeBase", "pandas._libs.arrays": "NDArrayBacked",
}
RENAMED = {  # module: names of other versions
    "pandas.core.arrays.numpy_": "NumpyExtensionArray",                      # since 2.1
    "pandas.core.arrays.string_": "StringArrayNumpySemantics",                 # since 2.3
    "pandas.core.dtypes.dtypes": "SparseDtype NumpyEADtype ArrowDtype BaseMaskedDtype",  # since 2.1
    "pandas.core.indexes.frozen": "FrozenNDArray", "pandas.core.index": "Index Int64Index", "pandas.indexes.base": "Index",
    "pandas.core.internals": "BlockManager SingleBlockManager", "pandas.core.sparse.frame": "SparseDataFrame",
    "pandas.tslib": "Timestamp", "pandas._libs.tslib": "Timestamp Timedelta NaTType",
    "pandas.core.categorical": "Categorical", "pandas.core.dtypes.common": "CategoricalDtype", "pandas.core.arrays.sparse": "SparseArray SparseDtype",
    "pandas.indexes.range": "RangeIndex", "pandas.indexes.multi": "MultiIndex", "pandas.indexes.numeric": "Int64Index Float64Index",
    "pandas.tseries.index": "DatetimeIndex",
}
# Since 3.0 classes are pickled under the public names.  By source: the installed version has the old ones only.
PUBLIC = {
    "pandas": "DataFrame Series Index RangeIndex MultiIndex CategoricalIndex DatetimeIndex IntervalIndex PeriodIndex TimedeltaIndex Categorical "
              "CategoricalDtype DatetimeTZDtype IntervalDtype SparseDtype ArrowDtype BooleanDtype Float32Dtype Float64Dtype Int8Dtype Int16Dtype "
              "Int32Dtype Int64Dtype UInt8Dtype UInt16Dtype UInt32Dtype UInt64Dtype Flags",
    "pandas.arrays": "ArrowExtensionArray ArrowStringArray BooleanArray Categorical DatetimeArray FloatingArray IntegerArray IntervalArray "
                     "NumpyExtensionArray PeriodArray SparseArray StringArray TimedeltaArray",
    "pandas.api.typing": "FrozenList",
}
PUBLIC_CALLED = {"pandas": "StringDtype PeriodDtype Interval Period Timestamp Timedelta"}      # their reduce calls them
REBUILDERS = {
    "pandas.core.indexes.base": ("_new_Index", MADE), "pandas.core.indexes.datetimes": ("_new_DatetimeIndex", MADE),
    "pandas.core.indexes.interval": ("_new_IntervalIndex", MADE), "pandas.core.indexes.period": ("_new_PeriodIndex", MADE),
    "pandas.indexes.base": ("_new_Index", MADE), "pandas.tseries.index": ("_new_DatetimeIndex", MADE),
    "pandas._libs.internals": ("_unpickle_block", "makes a block of an array"),
    "pandas._libs.arrays": ("__pyx_unpickle_NDArrayBacked", "makes an array of the class it is given, which must be one of its own"),
    "pandas._libs.tslibs.timestamps": ("_unpickle_timestamp", "numbers and a time zone"),
    "pandas._libs.tslibs.timedeltas": ("_timedelta_unpickle", "a number"),
    "pandas._libs.tslibs.nattype": ("__nat_unpickle", "always NaT"), "pandas._libs.tslib": ("__nat_unpickle", "always NaT"),
    "pandas.tslib": ("__nat_unpickle", "always NaT"),
    "pandas._libs.interval": ("__pyx_unpickle_IntervalMixin", "makes an array of the class it is given: the machine reports that class"),
    "pandas.core.indexes.timedeltas": ("_new_TimedeltaIndex", MADE),
}


def main():
    out = Listing("pandas", "make_pandas.py")
    for module, names in DATA_CLASSES.items():
        for name in names.split():
            try:
                importlib.import_module(module)
            except ModuleNotFoundError:
                continue
            if inspect.isclass(vars(importlib.import_module(module)).get(name)):
                out.add(module, name, CLASS)
    for module, names in RENAMED.items():
        out.add_all(module, names, PLAIN, "another version of pandas")
    for module, names in PUBLIC.items():
        out.add_all(module, names, PLAIN, "since 3.0")
    for module, names in PUBLIC_CALLED.items():
        out.add_all(module, names, CLASS, "since 3.0")
    out.add("pandas", "NA", "import,argument", "since 3.0")
    for module, (name, note) in REBUILDERS.items():
        out.add(module, name, REBUILD, note)
    offsets = importlib.import_module("pandas._libs.tslibs.offsets")
    for name, cls in sorted(vars(offsets).items()):
        if inspect.isclass(cls) and issubclass(cls, offsets.BaseOffset) and cls.__name__ == name:
            out.add("pandas._libs.tslibs.offsets", name, CLASS)
            out.add("pandas.tseries.offsets", name, CLASS, "another version of pandas")
    out.add_all("pandas.core.internals.blocks", "new_block make_block", REBUILD + ",argument", "pandas 1.3: makes a block of an array")
    out.add("pandas._libs.missing", "NA", "import,argument")
    out.add("pandas._libs.tslibs.dtypes", "NpyDatetimeUnit", CLASS)
    out.write()


if __name__ == "__main__":
    main()
