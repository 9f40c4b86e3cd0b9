"""pandas: frames of every dtype, indexes, times, intervals."""
import numpy as np
import pandas as pd


def things():
    frame = pd.DataFrame({"i": [1, 2, 3], "f": [0.5, np.nan, 2.0], "s": ["a", "b", None], "b": [True, False, True],
                          "t": pd.date_range("2020-01-01", periods=3), "c": pd.Categorical(["x", "y", "x"]),
                          "d": pd.to_timedelta([1, 2, 3], "h"), "z": pd.date_range("2020-01-01", periods=3, tz="UTC")})
    yield "frame", frame
    yield "series", [frame[c] for c in frame]
    yield "empty", [pd.DataFrame(), pd.Series(dtype=float)]
    yield "nullable", pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": pd.array([1.5, None], "Float64"), "c": pd.array([True, None], "boolean"),
                                    "d": pd.array(["x", None], "string"), "e": pd.array([1, 2], "UInt8"), "f": pd.array([1, 2], "Float32")})
    yield "dtypes", [s.dtype for s in (frame[c] for c in frame)] + [pd.StringDtype(), pd.Int8Dtype(), pd.Int16Dtype(), pd.Int32Dtype(), pd.UInt16Dtype(),
                                                                     pd.UInt32Dtype(), pd.UInt64Dtype(), pd.BooleanDtype(), pd.SparseDtype(float), pd.PeriodDtype("M"), pd.IntervalDtype("int64"),
                                                                     pd.CategoricalDtype(["a", "b"], ordered=True), pd.DatetimeTZDtype(tz="Europe/Berlin")]
    yield "sparse", [pd.Series([0, 0, 1]).astype("Sparse[int]"), pd.DataFrame({"a": pd.arrays.SparseArray([0, 1.0, 0])}),
                     pd.Series(pd.arrays.SparseArray([0, 1.0, 0], kind="block"))]
    yield "multi", [pd.MultiIndex.from_product([[1, 2], ["a", "b"]], names=["n", "m"]), frame.set_index(["i", "c"])]
    yield "indexes", [pd.RangeIndex(3), pd.Index([1, 2]), pd.Index(["a", "b"]), pd.Index([1.5]), pd.DatetimeIndex(["2020-01-01"]), pd.TimedeltaIndex(["1h"]),
                      pd.PeriodIndex(["2020-01"], freq="M"), pd.CategoricalIndex(["a"]), pd.IntervalIndex.from_breaks([0, 1, 2]),
                      pd.date_range("2020", periods=3, freq="B"), pd.date_range("2020", periods=3, tz="Europe/Berlin"), pd.Index([1, 2], dtype="uint64"), pd.Index([], dtype=object)]
    yield "scalars", [pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-01", tz="Europe/Berlin"), pd.Timedelta("1h"), pd.Period("2020-01"), pd.NaT, pd.NA,
                      pd.Interval(0, 1), pd.Timestamp("2020-01-01", tz="UTC")]
    yield "offsets", [pd.offsets.Day(), pd.offsets.BDay(), pd.offsets.MonthEnd(), pd.offsets.Hour(2), pd.offsets.Week(weekday=1), pd.DateOffset(months=1),
                      pd.offsets.QuarterEnd(), pd.offsets.YearBegin(), pd.offsets.BMonthEnd(), pd.offsets.Minute(), pd.offsets.Nano(),
                      pd.offsets.BusinessHour(), pd.offsets.SemiMonthEnd(), pd.offsets.LastWeekOfMonth(), pd.offsets.FY5253(weekday=1, startingMonth=1)]
    yield "cut", pd.cut(pd.Series([1.0, 2, 3]), 2)
    yield "groups", [dict(list(frame.groupby("c"))), frame.describe(), frame.select_dtypes("number").corr(), pd.get_dummies(frame["c"])]
    yield "object", pd.DataFrame({"a": [[1], {"k": 1}, (1, 2)], "b": [pd.Timestamp("2020"), 1, "x"]})
    yield "attrs", frame.assign(x=1).set_flags(allows_duplicate_labels=False)
    yield "mixed_columns", pd.DataFrame(np.ones((3, 3)), columns=pd.Index([0, "a", None], dtype=object))
    yield "view", frame.iloc[::2, :3]
    yield "pyarrow_free_string", pd.Series(["a", "b"], dtype="string[python]")
    yield "types", [pd.DataFrame, pd.Series, pd.Timestamp, pd.Categorical]


def files():
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    yield "to_pickle.pkl", lambda p: frame.to_pickle(p)
    yield "to_pickle.pkl.gz", lambda p: frame.to_pickle(p)
    yield "to_pickle.pkl.bz2", lambda p: frame.to_pickle(p)
    yield "to_pickle.pkl.xz", lambda p: frame.to_pickle(p)
    yield "to_pickle.zip", lambda p: frame.to_pickle(p)
