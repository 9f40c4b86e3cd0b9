#!/usr/bin/env python3
"""Writes rules/lists/pickle/allowed/torch.txt from the torch that is installed.
usage: /usr/bin/python3 make_torch.py > rules/lists/pickle/allowed/torch.txt"""
import inspect
import torch
import torch.nn.modules as modules
import torch.optim as optim

CLASS = "import,call,new,build,argument"
rows = {}


def add(module, name, ops, note=""):
    rows[module, name] = f"{module} {name} {ops}" + (f" # {note}" if note else "")


for kind in ("Double", "Float", "Half", "Long", "Int", "Short", "Char", "Byte", "Bool", "BFloat16",
             "ComplexDouble", "ComplexFloat", "QUInt8", "QInt8", "QInt32", "QUInt4x2", "QUInt2x4"):
    add("torch", kind + "Storage", "import,argument")
    add("torch.cuda", kind + "Storage", "import,argument")
for kind in ("UntypedStorage", "TypedStorage", "_UntypedStorage", "_TypedStorage"):
    add("torch.storage", kind, "import,argument")
for name in sorted(n for n in dir(torch) if isinstance(getattr(torch, n), torch.dtype)):
    add("torch", name, "import,argument")
for name in ("Size", "device"):
    add("torch", name, "import,call,new,argument")
for name in ("Tensor",):
    add("torch", name, "import,build,argument")
add("torch._tensor", "Tensor", "import,build,argument")
add("torch.nn.parameter", "Parameter", "import,build,argument")
add("torch.nn.parameter", "Buffer", "import,build,argument", "since 2.5")
for name in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter",
             "_rebuild_parameter_with_state", "_rebuild_qtensor", "_rebuild_sparse_tensor",
             "_rebuild_sparse_csr_tensor", "_rebuild_device_tensor_from_numpy", "_rebuild_meta_tensor_no_storage",
             "_rebuild_nested_tensor", "_rebuild_wrapper_subclass"):
    add("torch._utils", name, "import,call,build", "builds a tensor from a storage; calls nothing it is given")
for name in ("_rebuild_from_type_v2", "_rebuild_from_type"):
    add("torch._tensor", name, "import,call,build", "calls its first argument: the machine reports that call")
add("torch.storage", "_load_from_bytes", "import,call", "its bytes are read as an object of their own")
add("torch.serialization", "_get_layout", "import,call")
add("torch.random", "Generator", "import")
for name in ("build_intlist", "build_doublelist", "build_boollist", "build_tensorlist", "build_tensor_from_id", "restore_type_tag"):
    add("torch.jit._pickle", name, "import,call,build", "TorchScript: the list it is given")
for module in (modules,):
    for name in sorted(dir(module)):
        cls = getattr(module, name)
        if inspect.isclass(cls) and issubclass(cls, torch.nn.Module):
            add(cls.__module__, cls.__name__, CLASS)
for cls in (torch.nn.modules.linear.NonDynamicallyQuantizableLinear,):
    add(cls.__module__, cls.__name__, CLASS)
for name in sorted(dir(optim)):
    cls = getattr(optim, name)
    if inspect.isclass(cls):
        add(cls.__module__, cls.__name__, CLASS)
for name in sorted(dir(optim.lr_scheduler)):
    cls = getattr(optim.lr_scheduler, name)
    if inspect.isclass(cls) and cls.__module__ == "torch.optim.lr_scheduler":
        add(cls.__module__, cls.__name__, CLASS)
for name in ("relu", "gelu", "silu", "elu", "selu", "leaky_relu", "softmax", "log_softmax", "tanh", "sigmoid",
             "cross_entropy", "mse_loss", "softplus", "hardtanh", "relu6", "mish", "hardswish"):
    add("torch.nn.functional", name, "import,argument", "a function as data")
add("torch.utils.hooks", "RemovableHandle", CLASS)
print("# Made by tests/lists/make_torch.py from torch " + torch.__version__.split("+")[0] + "; do not edit.")
print("\n".join(rows[key] for key in sorted(rows)))
