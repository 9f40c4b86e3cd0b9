"""dill: functions and classes by value bring code, those by name do not."""
import collections

import dill

EXPECTED = {"suspicious", "malicious"}           # code by value: never clean
BY_NAME = {"name.pkl", "data.pkl"}


def by_value():
    a = 3
    namespace = {"__name__": "__main__"}
    exec("class Plain:\n    def method(self):\n        return 1\n\ndef double(x):\n    return 2 * x\n", namespace)
    return {"lambda": lambda x: x + 1, "closure": lambda x: x + a, "function": namespace["double"], "class": namespace["Plain"],
            "instance": namespace["Plain"]()}


def files():
    for name, thing in by_value().items():
        yield name + ".pkl", lambda p, t=thing: p.write_bytes(dill.dumps(t))
    yield "name.pkl", lambda p: p.write_bytes(dill.dumps(collections.OrderedDict))
    yield "data.pkl", lambda p: p.write_bytes(dill.dumps({"a": [1, 2.5]}))


def things():
    return iter(())
