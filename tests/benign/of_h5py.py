"""h5py: its files are HDF5, which no parser here reads."""
import h5py
import numpy as np

EXPECTED = {"incomplete"}
BY_NAME = set()


def things():
    return iter(())


def files():
    def write(path):
        with h5py.File(path, "w") as f:
            f["a"] = np.arange(10.0)
            f.create_group("g").attrs["x"] = 1
    yield "data.h5", write
