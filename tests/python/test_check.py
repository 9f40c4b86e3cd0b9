"""check, scan, open, snapshot, verify=, restrict=, with the standard library alone."""
import collections
import os
import pickle
import signal
import threading
import time

import common
import modelassay


class Check(common.Folder):
    def test_version(self):
        self.assertEqual(modelassay.__version__, (common.ROOT / "VERSION").read_text().strip())

    def test_clean(self):
        report = modelassay.check(self.put("a.pkl", {"a": [1, 2]}))
        self.assertEqual((report.verdict, len(report.files), report.findings), ("clean", 1, []))
        self.assertIn("a.pkl: clean", str(report))

    def test_each_refusal(self):
        for name, kind, word in (("pickle/os-system-reduce", modelassay.Malicious, "PICKLE-EXEC-001"),
                                 ("pickle/unknown-class", modelassay.Suspicious, "my_lab.models.ResNet")):
            path = self.recipe(name)
            e = self.refused(modelassay.check, path, kind=kind)
            self.assertIn(word, str(e))
            self.assertEqual(e.report.verdict, kind.__name__.lower())
        cut = self.dir / "cut.pkl"
        cut.write_bytes(pickle.dumps([1] * 100)[:-20])
        self.assertIn("cut.pkl", str(self.refused(modelassay.check, cut, kind=modelassay.Incomplete)))

    def test_thresholds_and_policies(self):
        path = self.recipe("pickle/unknown-class")
        self.assertEqual(modelassay.check(path, fail_on="malicious").verdict, "suspicious")
        policy = self.dir / "policy.json"
        policy.write_text('{"allow": ["my_lab.models.ResNet"]}')
        self.assertEqual(modelassay.check(path, policy=policy).verdict, "clean")
        policy.write_text('{"fail_on": "malicious"}')
        self.assertEqual(modelassay.check(path, policy=policy).verdict, "suspicious")
        self.refused(modelassay.check, path, policy=policy, fail_on="suspicious")
        self.refused(modelassay.check, self.recipe("pickle/os-system-reduce"), policy=policy, kind=modelassay.Malicious)
        with self.assertRaises(ValueError):
            modelassay.check(path, fail_on="never")

    def test_no_threshold_lets_incomplete_pass(self):
        cut = self.dir / "cut.pkl"
        cut.write_bytes(pickle.dumps([1] * 100)[:-20])
        self.refused(modelassay.check, cut, fail_on="malicious", kind=modelassay.Incomplete)

    def test_what_can_be_scanned(self):
        path = self.put("a.pkl", [1])
        with open(path, "rb") as f:
            f.read(3)
            self.assertEqual(modelassay.scan(f).verdict, "clean")
            self.assertEqual(modelassay.scan(f.fileno()).verdict, "clean")
            self.assertEqual(f.tell(), 3)
        self.assertEqual(modelassay.scan(path.read_bytes()).verdict, "clean")
        self.assertEqual(modelassay.scan(str(self.dir)).verdict, "clean")
        self.assertEqual(modelassay.scan(self.dir / "none").verdict, "incomplete")

    def test_names_that_hurt(self):
        for name in ("new\nline.pkl", os.fsdecode(b"raw\xff.pkl"), "üñ\u202e.pkl", "x" * 251 + ".pkl"):
            path = self.put(name, [1])
            self.assertEqual(modelassay.check(path).verdict, "clean")
            with modelassay.open(path) as f:
                self.assertEqual(pickle.load(f), [1])

    def test_wrong_arguments_say_so(self):
        path = self.put("a.pkl", [1])
        with self.assertRaisesRegex(ValueError, "no limit is named bytes_of_cheese"):
            modelassay.scan(path, limits={"bytes_of_cheese": 1})
        with self.assertRaisesRegex(ValueError, "none.json"):
            modelassay.scan(path, policy=self.dir / "none.json")
        with self.assertRaises(FileNotFoundError):
            modelassay.open(self.dir / "none.pkl")
        with self.assertRaises(OSError):
            modelassay.open(self.dir)
        os.mkfifo(self.dir / "pipe")
        with self.assertRaises(OSError):
            modelassay.open(self.dir / "pipe")

    def test_limits(self):
        self.assertEqual(modelassay.scan(self.put("a.pkl", [1] * 1000), limits={"pickle_memo": 0, "pickle_stack": 10}).verdict, "incomplete")

    def test_threads(self):
        good, bad, said = self.put("a.pkl", [1]), self.recipe("pickle/os-system-reduce"), collections.Counter()
        def work(path):
            for _ in range(20):
                said[modelassay.scan(path).verdict] += 1
        threads = [threading.Thread(target=work, args=(p,)) for p in (good, bad) * 2]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(said, {"clean": 40, "malicious": 40})

    def test_interrupt_ends_the_scan(self):
        path = self.dir / "huge.bin"
        with open(path, "wb") as f:
            f.truncate(1 << 36)
        before_that = signal.signal(signal.SIGINT, signal.default_int_handler)     # a shell's background job ignores it
        self.addCleanup(signal.signal, signal.SIGINT, before_that)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        before = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            modelassay.scan(path)
        self.assertLess(time.monotonic() - before, 10)


class Open(common.Folder):
    def test_same_descriptor(self):
        path = self.put("a.pkl", {"good": 1})
        with modelassay.open(path) as f:
            os.replace(self.put("b.pkl", common.Payload()), path)        # between the check and the load
            self.assertEqual(pickle.load(f), {"good": 1})
            with open(f.name, "rb") as again:
                self.assertEqual(pickle.load(again), {"good": 1})
        self.refused(modelassay.pickle_load, path)

    def test_nothing_stays_open(self):
        path, before = self.recipe("pickle/os-system-reduce"), len(os.listdir("/proc/self/fd"))
        for _ in range(3):
            self.refused(modelassay.open, path)
            self.refused(modelassay.open, path, private=True)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_private_copies_do_not_change(self):
        path = self.put("a.pkl", {"good": 1})
        with modelassay.open(path, private=True) as f:
            path.write_bytes(pickle.dumps(common.Payload()))             # in place: the same inode
            self.assertEqual(pickle.load(f), {"good": 1})
            with self.assertRaises(OSError):
                os.pwrite(os.open(f.name, os.O_RDWR), b"x", 0)
            self.assertEqual(common.RAN, [])

    def test_snapshot(self):
        (self.dir / "m/sub").mkdir(parents=True)
        self.put("m/sub/a.pkl", [1])
        (self.dir / "m/b.pkl").symlink_to("sub/a.pkl")
        (self.dir / "m/out").symlink_to("/etc")
        os.mkfifo(self.dir / "m/pipe")
        with modelassay.snapshot(self.dir / "m") as safe:
            self.put("m/sub/a.pkl", common.Payload())
            self.assertEqual(sorted(os.listdir(safe)), ["b.pkl", "sub"])
            with open(os.path.join(safe, "sub/a.pkl"), "rb") as f:
                self.assertEqual(pickle.load(f), [1])
        self.assertFalse(os.path.exists(safe))
        before = set(os.listdir(os.path.dirname(os.path.dirname(safe))))
        self.refused(modelassay.snapshot(self.dir / "m").__enter__)
        self.assertEqual({n for n in set(os.listdir(os.path.dirname(os.path.dirname(safe)))) - before if n.startswith("modelassay-")}, set())


class Verify(common.Folder):
    def setUp(self):
        super().setUp()
        self.path = self.put("a.pkl", {"good": 1})
        for name in ("k", "other"):
            self.command("keygen", self.dir / name)
        self.key = self.dir / "k.pub"

    def test_signed(self):
        self.command("attest", self.path, "--key", self.dir / "k.key")
        signed = modelassay.Signed(self.key)
        self.assertIsNone(modelassay.check(self.path, verify=signed))
        self.assertEqual(modelassay.pickle_load(self.path, verify=signed), {"good": 1})
        self.assertEqual(modelassay.pickle_load(self.path, verify=signed, restrict=True), {"good": 1})
        e = self.refused(modelassay.check, self.path, verify=modelassay.Signed(self.dir / "other.pub"), kind=modelassay.NotVerified)
        self.assertEqual(e.causes[0][0], "signer")
        os.replace(self.put("b.pkl", common.Payload()), self.path)
        e = self.refused(modelassay.pickle_load, self.path, verify=signed, kind=modelassay.NotVerified)
        self.assertIn("a.pkl", str(e))
        with self.assertRaises(modelassay.NotVerified):
            with modelassay.snapshot(self.path, verify=signed):
                self.fail("a changed file was handed on")

    def test_signed_elsewhere_and_folders(self):
        (self.dir / "m").mkdir()
        self.put("m/a.pkl", [1])
        self.command("attest", self.dir / "m", "--key", self.dir / "k.key", "-o", self.dir / "m.json")
        signed = modelassay.Signed(self.key, self.dir / "m.json")
        modelassay.check(self.dir / "m", verify=signed)
        with modelassay.snapshot(self.dir / "m", verify=signed) as safe:
            self.assertEqual(os.listdir(safe), ["a.pkl"])
        self.put("m/b.pkl", [1])
        self.refused(modelassay.check, self.dir / "m", verify=signed, kind=modelassay.NotVerified)

    def test_failed_scans_are_no_pass(self):
        bad = self.recipe("pickle/os-system-reduce")
        self.command("attest", bad, "--key", self.dir / "k.key", expect=1)
        self.refused(modelassay.check, bad, verify=modelassay.Signed(self.key), kind=modelassay.NotVerified)
        self.refused(modelassay.check, bad, verify=modelassay.Signed(self.path), kind=modelassay.Error)
        self.refused(modelassay.check, bad, verify=modelassay.Signed(self.key, self.dir / "none.json"), kind=modelassay.NotVerified)


class Restrict(common.Folder):
    def test_named_imports_only(self):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            value = {"a": collections.OrderedDict(x=1), "b": {1, 2}, "c": complex(1, 2)}
            path = self.put("a.pkl", value, protocol)
            self.assertEqual(modelassay.pickle_load(path, restrict=True), value)

    def test_both_unpicklers_are_held(self):
        data = pickle.dumps(common.Payload())
        for load in (pickle.loads, lambda d: pickle._Unpickler(__import__("io").BytesIO(d)).load()):
            with modelassay.restricted({("collections", "OrderedDict")}):
                self.refused(load, data, kind=modelassay.NotNamed)
            self.assertEqual(load(data), {})                             # afterwards, and elsewhere, nothing is held
            self.assertEqual(common.RAN, ["ran"])
            common.RAN.clear()

    def test_nested_restrictions_only_narrow(self):
        with modelassay.restricted({("collections", "OrderedDict")}):
            with modelassay.restricted({("common", "trap")}):
                self.refused(pickle.loads, pickle.dumps(common.Payload()), kind=modelassay.NotNamed)

    def test_other_threads_are_their_own(self):
        out = []
        with modelassay.restricted(()):
            t = threading.Thread(target=lambda: out.append(pickle.loads(pickle.dumps(collections.OrderedDict()))))
            t.start()
            t.join()
        self.assertEqual(out, [{}])

    def test_changed_in_place(self):
        """The file itself is rewritten after the check: restrict is the net below."""
        path = self.put("a.pkl", {"good": 1})
        with modelassay.open(path) as f, modelassay.restricted(f.report.imports):
            path.write_bytes(pickle.dumps(common.Payload()))
            self.refused(pickle.load, f, kind=modelassay.NotNamed)


if __name__ == "__main__":
    common.main()
