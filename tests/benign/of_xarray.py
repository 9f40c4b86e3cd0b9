"""xarray: arrays with names and coordinates."""
import numpy as np
import xarray as xr


def things():
    array = xr.DataArray(np.arange(6.0).reshape(2, 3), dims=("x", "y"), coords={"x": [10, 20], "y": list("abc")}, name="v", attrs={"unit": "m"})
    yield "array", array
    yield "dataset", xr.Dataset({"v": array, "w": ("x", [1, 2])}, attrs={"title": "t"})
    yield "variable", xr.Variable(("x",), [1, 2, 3], attrs={"a": 1})
    yield "times", xr.DataArray([1, 2], dims="t", coords={"t": np.array(["2020-01-01", "2020-01-02"], "M8[ns]")})
