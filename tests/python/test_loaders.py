"""The loaders of torch, joblib, numpy and onnx over checked files: clean ones load, malicious ones are refused before
anything of them runs, and a file that is swapped between the check and the load changes nothing."""
import io
import os
import pickle

import common
import modelassay
from modelassay import _scan

torch, joblib, numpy, onnx = (common.library(name) for name in ("torch", "joblib", "numpy", "onnx"))
if onnx is not None:
    import onnx.helper
    import onnx.numpy_helper


class Swapped:
    """While it is entered, every scan is followed by another file taking the place of the scanned one."""

    def __init__(self, path, other):
        self.path, self.other, self.fd = path, other, _scan.Scanner.fd

    def __enter__(self):
        def scan_then_swap(scanner, fd, label):
            report = self.fd(scanner, fd, label)
            os.replace(self.other, self.path)
            return report
        _scan.Scanner.fd = scan_then_swap

    def __exit__(self, *_):
        _scan.Scanner.fd = self.fd


class Loaders(common.Folder):
    def three(self, load, write, same, name, **options):
        """The three promises, for one way of writing a model."""
        path, other = self.dir / name, self.dir / "other"
        for restrict in (False, True):
            write(path, self.good)
            same(load(path, restrict=restrict, **options))
            write(other, common.Payload())
            self.refused(load, other, restrict=restrict, **options)
            with Swapped(path, other):
                same(load(path, restrict=restrict, **options))
            self.assertEqual(common.RAN, [])
            self.refused(load, path, restrict=restrict, **options)


@common.unittest.skipIf(torch is None, "no torch")
class Torch(Loaders):
    def setUp(self):
        super().setUp()
        self.good = {"w": torch.arange(6.0).reshape(2, 3), "b": torch.zeros(3, dtype=torch.int8)}

    def same(self, got):
        self.assertEqual(sorted(got), sorted(self.good))
        for name, value in self.good.items():
            self.assertTrue(torch.equal(got[name], value))

    def test_zip(self):
        self.three(modelassay.torch_load, lambda path, value: torch.save(value, path), self.same, "m.pt")

    def test_legacy(self):
        self.three(modelassay.torch_load, lambda path, value: torch.save(value, path, _use_new_zipfile_serialization=False), self.same, "m.pth")

    def test_private_and_arguments(self):
        torch.save(self.good, self.dir / "m.pt")
        self.same(modelassay.torch_load(self.dir / "m.pt", "cpu", private=True))
        self.same(modelassay.torch_load(str(self.dir / "m.pt"), map_location="cpu", weights_only=True))

    def test_a_module(self):
        net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU())
        torch.save(net, self.dir / "m.pt")
        got = modelassay.torch_load(self.dir / "m.pt", restrict=True)
        self.assertTrue(torch.equal(got[0].weight, net[0].weight))

    def test_restrict_holds_what_torch_unpickles(self):
        torch.save(self.good, self.dir / "m.pt")
        bad = io.BytesIO()
        torch.save({"w": common.Payload()}, bad)
        with modelassay.open(self.dir / "m.pt") as f, modelassay.restricted(f.report.imports):
            (self.dir / "m.pt").write_bytes(bad.getvalue())              # in place
            self.refused(torch.load, f, kind=modelassay.NotNamed)


@common.unittest.skipIf(joblib is None or numpy is None, "no joblib")
class Joblib(Loaders):
    def setUp(self):
        super().setUp()
        self.good = {"a": numpy.arange(5000.0), "o": numpy.array(["x", {"y": 1}], dtype=object)}

    def same(self, got):
        numpy.testing.assert_array_equal(got["a"], self.good["a"])
        self.assertEqual(list(got["o"]), ["x", {"y": 1}])

    def test_plain(self):
        self.three(modelassay.joblib_load, lambda path, value: joblib.dump(value, path), self.same, "m.joblib")

    def test_compressed(self):
        for how in ("zlib", "gzip", "bz2", "xz", "lzma"):
            self.three(modelassay.joblib_load, lambda path, value: joblib.dump(value, path, compress=(how, 3)), self.same, f"m.{how}")

    def test_mapped(self):
        self.good = {"a": self.good["a"], "o": self.good["o"]}
        path = self.dir / "m.joblib"
        joblib.dump(self.good, path)
        got = modelassay.joblib_load(path, mmap_mode="r")
        self.assertIsInstance(got["a"], numpy.memmap)
        self.same(got)

    def test_an_estimator(self):
        if common.library("sklearn") is None:
            self.skipTest("no sklearn")
        from sklearn.ensemble import RandomForestClassifier
        x, y = numpy.random.default_rng(1).normal(size=(40, 3)), [0, 1] * 20
        forest = RandomForestClassifier(5, random_state=1).fit(x, y)
        joblib.dump(forest, self.dir / "m.joblib", compress=3)
        got = modelassay.joblib_load(self.dir / "m.joblib", restrict=True)
        numpy.testing.assert_array_equal(got.predict(x), forest.predict(x))

    def test_restrict_holds_arrays_of_objects(self):
        """joblib gives these to pickle.load itself, past its own unpickler."""
        bad = numpy.empty(1, dtype=object)
        bad[0] = common.Payload()
        joblib.dump(bad, self.dir / "bad.joblib")
        joblib.dump(numpy.array(["x"], dtype=object), self.dir / "good.joblib")
        allowed = modelassay.scan(self.dir / "good.joblib").imports
        with modelassay.restricted(allowed):
            self.refused(joblib.load, self.dir / "bad.joblib", kind=modelassay.NotNamed)


@common.unittest.skipIf(numpy is None, "no numpy")
class Numpy(Loaders):
    def write(self, path, value):
        array = numpy.empty(1, dtype=object)
        array[0] = value
        with open(path, "wb") as f:
            numpy.save(f, array, allow_pickle=True)

    def test_npy(self):
        self.good = {"x": 1}
        self.three(modelassay.numpy_load, self.write, lambda got: self.assertEqual(got[0], {"x": 1}), "m.npy", allow_pickle=True)

    def test_npz(self):
        self.good = numpy.array([{"x": 1}], dtype=object)
        def write(path, value):
            with open(path, "wb") as f:
                numpy.savez(f, a=numpy.array([value], dtype=object))
        self.three(modelassay.numpy_load, write, lambda got: self.assertTrue("a" in got), "m.npz", allow_pickle=True)
        write(self.dir / "m.npz", {"x": 1})
        got = modelassay.numpy_load(self.dir / "m.npz", allow_pickle=True)
        os.remove(self.dir / "m.npz")
        self.assertEqual(got["a"][0], {"x": 1})                          # read when asked for, from the checked file

    def test_mapped(self):
        numpy.save(self.dir / "m.npy", numpy.arange(7))
        got = modelassay.numpy_load(self.dir / "m.npy", mmap_mode="r")
        self.assertIsInstance(got, numpy.memmap)
        self.assertEqual(int(got.sum()), 21)


@common.unittest.skipIf(onnx is None, "no onnx")
class Onnx(common.Folder):
    def model(self, **outside):
        w = onnx.numpy_helper.from_array(numpy.arange(600, dtype=numpy.float32).reshape(20, 30), "w")
        x, y = (onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, shape) for n, shape in (("x", [1, 20]), ("y", [1, 30])))
        graph = onnx.helper.make_graph([onnx.helper.make_node("MatMul", ["x", "w"], ["y"])], "g", [x, y][:1], [y], [w])
        path = self.dir / "m.onnx"
        onnx.save(onnx.helper.make_model(graph), str(path), **outside)      # a str: it asks for it
        return path

    def weights(self, model):
        return onnx.numpy_helper.to_array(model.graph.initializer[0])

    def test_one_file(self):
        path = self.model()
        self.assertEqual(self.weights(modelassay.onnx_load(path))[19, 29], 599)

    def test_external_data(self):
        path = self.model(save_as_external_data=True, location="w.bin", size_threshold=0)
        e = self.refused(modelassay.open, path, kind=modelassay.Incomplete)
        self.assertIn("w.bin", str(e))
        self.assertEqual(self.weights(modelassay.onnx_load(path))[19, 29], 599)
        os.truncate(self.dir / "w.bin", 100)
        self.refused(modelassay.onnx_load, path)
        os.remove(self.dir / "w.bin")
        self.refused(modelassay.onnx_load, path)

    def test_refused(self):
        path = self.recipe("onnx/py-op")
        self.refused(modelassay.onnx_load, path)
        for name in ("onnx/ext-escape", "onnx/ext-absolute"):
            self.refused(modelassay.onnx_load, self.recipe(name))

    def test_session(self):
        if common.library("onnxruntime") is None:
            self.skipTest("no onnxruntime")
        session = modelassay.onnx_session(self.model(), providers=["CPUExecutionProvider"])
        self.assertEqual(session.run(None, {"x": numpy.ones((1, 20), numpy.float32)})[0].shape, (1, 30))


if __name__ == "__main__":
    common.main()
