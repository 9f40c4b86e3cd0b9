#!/usr/bin/env python3
"""Writes rules/lists/pickle/allowed/torch.txt from the torch that is installed.
usage: /usr/bin/python3 make_torch.py > rules/lists/pickle/allowed/torch.txt

Names of later versions (dtypes, storages, renamed classes) are added by hand and marked."""
import importlib
import inspect

import torch
import torch.nn.modules
import torch.optim

from listing import CLASS, DATA, Listing, PLAIN, REBUILD, modules

# Hooks that were read: parameters, buffers and attributes; names of attributes; numbers and tensors.
AUDITED = {"Module.__getattr__", "Module.__setattr__", "Module.__setstate__", "RNNBase.__setattr__", "RNNBase.__setstate__", "_ConvNd.__setstate__",
           "MultiheadAttention.__setstate__", "Softmax.__setstate__", "Softmin.__setstate__", "LogSoftmax.__setstate__", "Optimizer.__setstate__",
           "TransformerEncoderLayer.__setstate__", "TransformerDecoderLayer.__setstate__", "AvgPool3d.__setstate__", "_WrappedHook.__setstate__",
           "PackedSequence.__new__",
           *(f"{name}.__setstate__" for name in "Adadelta Adagrad Adam AdamW Adamax ASGD NAdam RAdam RMSprop Rprop SGD".split())}
LAYERS = "torch.nn.modules torch.nn.utils torch.nn.intrinsic torch.nn.quantized torch.nn.qat torch.nn.quantizable torch.ao.nn".split()
NOT_LAYERS = ("torch.nn.utils._expanded_weights", "torch.ao.nn.sparse")
OBSERVERS = "torch.ao.quantization.observer torch.ao.quantization.fake_quantize torch.ao.quantization.stubs torch.ao.quantization.qconfig " \
            "torch.quantization.observer torch.quantization.fake_quantize torch.quantization.stubs torch.quantization.qconfig".split()
KINDS = "Double Float Half Long Int Short Char Byte Bool BFloat16 ComplexDouble ComplexFloat QUInt8 QInt8 QInt32 QUInt4x2 QUInt2x4".split()
LATER_DTYPES = "uint16 uint32 uint64 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2 uint1 uint2 uint3 " \
               "uint4 uint5 uint6 uint7 int1 int2 int3 int4 int5 int6 int7 bits1x8 bits2x4 bits4x2 bits8 bits16".split()
REBUILDERS = "_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter _rebuild_parameter_with_state _rebuild_qtensor " \
             "_rebuild_sparse_tensor _rebuild_sparse_csr_tensor _rebuild_device_tensor_from_numpy _rebuild_device_tensor_from_cpu_tensor " \
             "_rebuild_xla_tensor _rebuild_meta_tensor_no_storage _rebuild_nested_tensor _rebuild_wrapper_subclass".split()
# of torch itself: they compute
MATHS = "abs acos acosh add asin asinh atan atanh bmm cat ceil celu clamp cos cosh cross cumsum div dot einsum elu erf exp expm1 flatten floor gelu " \
        "log log10 log1p log2 logsumexp matmul max mean median min mm mul neg norm ones ones_like pow prelu prod reciprocal relu relu_ round rsqrt selu " \
        "sigmoid sign sin sinh softmax log_softmax sqrt square stack std sub sum tan tanh threshold transpose tensor where zeros zeros_like var".split()
# whoever imported torch first has the attribute: memory formats are found through one of these
HOLDERS = "torch torch._utils torch._tensor torch._utils_internal torch._jit_internal torch._namedtensor_internals torch.overrides".split()


def tensors(out):
    for kind in KINDS:
        for module in ("torch", "torch.cuda"):
            out.add(module, kind + "Storage", DATA)
            out.add(module, kind + "Tensor", DATA)
    out.add_all("torch.storage", "UntypedStorage TypedStorage _UntypedStorage _TypedStorage", DATA)
    out.add("torch.storage", "_load_from_bytes", "import,call", "its bytes are read as an object of their own")
    for name, thing in sorted(vars(torch).items()):
        if isinstance(thing, (torch.dtype, torch.layout, torch.memory_format, torch.qscheme)):
            out.add("torch", name, DATA)
            if isinstance(thing, torch.memory_format):
                for module in HOLDERS:
                    out.add(module, "torch." + name, DATA)
    out.add_all("torch", " ".join(LATER_DTYPES), DATA, "a later version")
    out.add_all("torch", "Size device", "import,call,new,argument")
    out.add("torch", "Tensor", "import,build,argument")
    out.add("torch._tensor", "Tensor", "import,build,argument")
    out.add("torch.nn.parameter", "Parameter", "import,build,argument")
    out.add("torch.nn.parameter", "Buffer", "import,build,argument", "since 2.5")
    out.add_all("torch.nn.parameter", "UninitializedParameter UninitializedBuffer", CLASS, "has no data")
    out.add_all("torch._utils", " ".join(REBUILDERS), REBUILD, "builds a tensor from a storage; calls nothing it is given")
    for module in ("torch._tensor", "torch._utils"):
        out.add_all(module, "_rebuild_from_type _rebuild_from_type_v2", REBUILD, "calls its first argument: the machine reports that call")
    out.add("torch.serialization", "_get_layout", "import,call")
    for module in ("torch.random", "torch", "torch._C"):
        out.add(module, "Generator", "import")
    out.add_all("torch.jit._pickle", "build_intlist build_doublelist build_boollist build_tensorlist build_tensor_from_id restore_type_tag", REBUILD,
                "TorchScript: the list it is given")
    for module in ("torch", "torch._C"):
        out.add(module, "ScriptObject", "import,new,build", "packed parameters: a compiled class restores itself")


def layers(out):
    found = [m for package in LAYERS for m in modules(package, skip=NOT_LAYERS)]
    # Not to be called: pickles make modules by __new__ and fill them, and some constructors call what they are given (FakeQuantize: its observer).
    out.classes(found, AUDITED, ops=PLAIN)
    out.classes([importlib.import_module(m) for m in OBSERVERS], AUDITED, ops=PLAIN)
    out.classes([importlib.import_module("torch.nn.parallel.data_parallel")], AUDITED, ops=PLAIN)
    for module, name in list(out.rows):
        if name.startswith("Lazy"):
            out.add_all(module, f"{name}._infer_parameters {name}._lazy_load_hook", DATA, "a bound method as data")
    out.add("torch.nn.modules.linear", "_LinearWithBias", CLASS, "before 1.9")


def training(out):
    out.classes(modules("torch.optim", skip=("torch.optim._functional",)), AUDITED, ops=CLASS)
    out.add("torch.optim.lr_scheduler", "LRScheduler", CLASS, "since 2.0")
    out.add("torch.optim.optimizer", "_RequiredParameter", CLASS)
    for module in ("torch.optim", "torch.optim.adafactor", "torch.optim._adafactor"):
        out.add(module, "Adafactor", CLASS, "since 2.5")
    out.add_all("torch.optim.lr_scheduler", "OneCycleLR._annealing_cos OneCycleLR._annealing_linear "
                "CyclicLR._triangular_scale_fn CyclicLR._triangular2_scale_fn CyclicLR._exp_range_scale_fn", DATA, "a method as data")
    for module in ("torch.cuda.amp.grad_scaler", "torch.amp.grad_scaler"):
        out.add(module, "GradScaler", PLAIN)
        out.add(module, "OptState", "import,call,argument")
        out.add(module, "_refresh_per_optimizer_state", DATA, "makes an empty state")
    out.classes(modules("torch.distributions"), AUDITED)
    out.classes([importlib.import_module("torch.utils.data." + m) for m in ("dataset", "sampler")], AUDITED)
    out.add("torch.utils.data.dataloader", "DataLoader", "import,new,build")
    out.add("torch.utils.data._utils.collate", "default_collate", DATA, "a function as data")
    out.add("torch.utils.hooks", "RemovableHandle", CLASS)
    out.add("torch.distributed.checkpoint.filesystem", "_StorageInfo", PLAIN, "since 2.0: a path below the checkpoint, and a range")
    out.add("torch._dynamo.decorators", "_DimRange", PLAIN, "since 2.0: two numbers")
    for name, cls in sorted(vars(torch.return_types).items()):
        if inspect.isclass(cls) and issubclass(cls, tuple):
            out.add("torch.return_types", name, "import,call", "a tuple of tensors")
    out.add("torch.torch_version", "TorchVersion", PLAIN, "a text")


def functions(out):
    functional = importlib.import_module("torch.nn.functional")
    for name, f in sorted(vars(functional).items()):
        own = inspect.isbuiltin(f) or (inspect.isfunction(f) and f.__module__ == "torch.nn.functional")
        if own and not name.startswith(("_", "handle", "has_torch", "boolean_dispatch")):
            out.add("torch.nn.functional", name, DATA, "a function as data")
    init = importlib.import_module("torch.nn.init")
    for name, f in sorted(vars(init).items()):
        if inspect.isfunction(f) and f.__module__ == "torch.nn.init" and name.endswith("_") and not name.startswith("_"):
            out.add("torch.nn.init", name, DATA, "a function as data")
    for module in ("torch", "torch._C._nn", "torch._C._special"):
        out.add_all(module, " ".join(MATHS), DATA, "a function as data")
    out.add("torch._C", "_VariableFunctionsClass", "import", "its functions are listed one by one")
    out.add_all("torch._C", " ".join("_VariableFunctionsClass." + name for name in MATHS), DATA, "a function as data")


def main():
    out = Listing("torch", "make_torch.py")
    for part in (tensors, layers, training, functions):
        part(out)
    out.write()


if __name__ == "__main__":
    main()
