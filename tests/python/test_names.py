"""The names of a checkpoint's tensors, as `inspect` tells them, against torch itself: what torch.load returns is walked, and
each tensor's name has to lie at its own place in its own storage."""
import collections
import json

import common

torch = common.library("torch")


def walk(value, name=()):
    """(name, tensor) of all tensors in dictionaries and modules."""
    if isinstance(value, torch.nn.Module):
        value = {**value._parameters, **value._buffers, **value._modules}
    if isinstance(value, torch.Tensor):
        yield ".".join(name), value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*name, str(key)))


def expected(value):
    """name -> [first byte, bytes] in its storage, for those that are contiguous and own a name."""
    return {name: [t.storage_offset() * t.element_size(), t.numel() * t.element_size()] for name, t in walk(value)}


def checkpoint():
    big = torch.arange(300.0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Sequential(torch.nn.Linear(4, 2)))
    net(torch.ones(5, 3)).sum().backward()
    adam = torch.optim.Adam(net.parameters())
    adam.step()
    views = collections.OrderedDict(first=big[:100], second=big[100:150], third=big[150:])
    return {"epoch": 3, "model": net.state_dict(), "optimizer": adam.state_dict(), "views": views,
            "half": torch.ones(7, dtype=torch.bfloat16), "scalar": torch.tensor(2)}, net


@common.unittest.skipIf(torch is None, "no torch")
class Names(common.Folder):
    def told(self, path):
        lines = [json.loads(line) for line in self.command("inspect", path).splitlines()]
        return [fact for fact in lines if fact["fact"] == "tensor" and "name" in fact]      # others are storages

    def zip(self, value, **options):
        path = self.dir / "model.pt"
        torch.save(value, path, **options)
        want = expected(torch.load(path))
        told = self.told(path)
        self.assertEqual({t["name"]: [t["offset"], t["declared_bytes"]] for t in told}, want)
        reader = torch._C.PyTorchFileReader(str(path))
        for t in told:                # the storage is a member, and has the bytes
            self.assertGreaterEqual(len(reader.get_record("data/" + t["storage"])), t["offset"] + t["declared_bytes"])

    def test_dictionaries(self):
        self.zip(checkpoint()[0])

    def test_module(self):
        self.zip(checkpoint()[1], pickle_protocol=4)

    def test_before_1_6(self):
        """Each storage has the name of the first tensor in it."""
        path = self.dir / "old.pt"
        value = checkpoint()[0]
        torch.save(value, path, _use_new_zipfile_serialization=False)
        firsts = {}
        for name, t in walk(torch.load(path)):
            firsts.setdefault(t.storage().data_ptr(), name)
        self.assertEqual(sorted(t["name"] for t in self.told(path)), sorted(firsts.values()))


if __name__ == "__main__":
    common.main()
