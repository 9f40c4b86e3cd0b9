"""omegaconf: configurations as they stand in checkpoints."""
from omegaconf import OmegaConf


def things():
    yield "config", OmegaConf.create({"a": 1, "b": [1, 2.5, None, True], "c": {"d": "${a}"}, "e": "text"})
    yield "list", OmegaConf.create([1, {"a": 2}])
    yield "struct", (lambda: (lambda c: (OmegaConf.set_struct(c, True), OmegaConf.set_readonly(c, True), c)[2])(OmegaConf.create({"a": 1})))
