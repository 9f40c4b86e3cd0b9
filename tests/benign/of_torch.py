"""torch: tensors of every kind, state dicts, whole modules, optimizers, schedulers; both file formats, TorchScript."""
import inspect

import numpy as np
import torch
from torch import nn, optim
from torch.nn.utils import rnn

DTYPES = {str(d)[6:]: d for d in vars(torch).values() if isinstance(d, torch.dtype) and d != torch.complex32}
SCHEDULERS = {"StepLR": (5,), "MultiStepLR": ([2, 4],), "ExponentialLR": (0.9,), "CosineAnnealingLR": (5,), "ReduceLROnPlateau": (), "ConstantLR": (),
              "LinearLR": (), "OneCycleLR": (0.1, 10), "CosineAnnealingWarmRestarts": (5,)}
# what a constructor insists on
ARGUMENTS = {"Linear": (3, 4), "Bilinear": (2, 3, 4), "LazyLinear": (4,), "Embedding": (5, 3), "EmbeddingBag": (5, 3), "LayerNorm": (4,), "GroupNorm": (2, 4),
             "LocalResponseNorm": (2,), "Upsample": (3,), "UpsamplingBilinear2d": (3,), "UpsamplingNearest2d": (3,), "PixelShuffle": (2,), "PixelUnshuffle": (2,), "ChannelShuffle": (2,),
             "Fold": (4, 2), "Unfold": (2,), "Threshold": (0.1, 1), "MultiheadAttention": (4, 2), "TransformerEncoderLayer": (4, 2), "TransformerDecoderLayer": (4, 2),
             "Unflatten": (1, (2, 2)), "CrossMapLRN2d": (2,), "AdaptiveLogSoftmaxWithLoss": (4, 10, [3, 5]), "FractionalMaxPool2d": (2, 2), "FractionalMaxPool3d": (2, 2),
             "Transformer": (4, 2, 1, 1, 8), "ParameterList": ([nn.Parameter(torch.ones(1))],), "ParameterDict": ({"a": nn.Parameter(torch.ones(1))},),
             "ModuleList": ([nn.ReLU()],), "ModuleDict": ({"a": nn.ReLU()},), "RNNBase": ("LSTM", 2, 2)}


def layer(name, cls):
    tries = [ARGUMENTS[name]] if name in ARGUMENTS else [(), (2,), (2, 3), (2, 2, 2), (2, 2, 2, 2)]
    if name in ("TransformerEncoder", "TransformerDecoder"):
        tries = [(getattr(nn, name + "Layer")(4, 2), 1)]
    for args in tries:
        try:
            return cls(*args)
        except Exception:
            continue
    print("no such layer:", name)


def layers():
    for name, cls in sorted(vars(nn).items()):
        if inspect.isclass(cls) and issubclass(cls, nn.Module) and name not in ("Module", "DataParallel"):
            made = layer(name, cls)
            if made is not None:
                yield "layer_" + name, made


def network():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4, 2), nn.Dropout(), nn.LSTM(2, 3), nn.GRU(2, 2, 2),
                         nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, activation="gelu"), 1))


def tensors():
    for name, dtype in DTYPES.items():
        try:
            yield "tensor_" + name, torch.zeros(3, dtype=dtype)
        except Exception:
            continue
    yield "views", [torch.arange(12.0).reshape(3, 4).t(), torch.ones(3)[::2], torch.tensor(1.0), torch.empty(0, 3), torch.ones(2, requires_grad=True)]
    yield "sparse", [torch.eye(3).to_sparse(), torch.eye(3).to_sparse_csr()]
    yield "quantised", [torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8), torch.quantize_per_channel(torch.ones(2, 2), torch.ones(2), torch.zeros(2), 0, torch.quint8)]
    yield "complex", torch.ones(2, dtype=torch.complex64).conj()
    yield "channels_last", torch.ones(1, 2, 3, 3).to(memory_format=torch.channels_last)
    yield "meta", torch.empty(3, device="meta")
    yield "packed", rnn.pack_sequence([torch.ones(3), torch.ones(2)])
    yield "parameter", [nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2), requires_grad=False), nn.parameter.UninitializedParameter()]
    yield "attributes", [torch.device("cpu"), torch.Size([1, 2]), torch.float32, torch.per_tensor_affine]
    yield "shared", [torch.ones(4)] * 2
    yield "generator_state", torch.get_rng_state()
    yield "storages", [torch.ones(2).storage()]
    yield "hooked", torch.ones(2, requires_grad=True)


def training():
    net = network()
    data = nn.Linear(2, 2)
    data(torch.ones(1, 2)).sum().backward()
    for name, cls in sorted(vars(optim).items()):
        if inspect.isclass(cls) and name != "Optimizer" and issubclass(cls, optim.Optimizer):
            opt = cls(data.parameters(), lr=0.1)
            try:
                opt.step()
            except Exception:                     # SparseAdam, LBFGS
                pass
            yield "optimizer_" + name, {"state": opt.state_dict(), "whole": opt}
    for name, args in SCHEDULERS.items():
        opt = optim.SGD(data.parameters(), lr=0.1, momentum=0.9)
        yield "scheduler_" + name, {"state": getattr(optim.lr_scheduler, name)(opt, *args).state_dict()}
    yield "state_dict", net.state_dict()
    yield "checkpoint", {"epoch": 3, "model": net.state_dict(), "optimizer": optim.Adam(net.parameters()).state_dict(), "loss": 0.5, "rng": np.random.get_state(),
                         "args": __import__("argparse").Namespace(lr=0.1), "numpy": np.float64(3), "torch_rng": torch.get_rng_state()}
    yield "module", net
    yield "half", net.half().state_dict()
    yield "weight_norm", nn.utils.weight_norm(nn.Linear(2, 2)).state_dict()
    yield "spectral_norm", nn.utils.spectral_norm(nn.Linear(2, 2))
    yield "parametrized", nn.utils.parametrizations.orthogonal(nn.Linear(2, 2)).state_dict()
    yield "quantized_dynamic", torch.quantization.quantize_dynamic(nn.Sequential(nn.Linear(2, 2)), {nn.Linear}, dtype=torch.qint8)
    yield "fused", torch.quantization.prepare(torch.quantization.QuantWrapper(nn.Linear(2, 2)).eval())
    yield "losses", [nn.CrossEntropyLoss(torch.ones(3)), nn.MSELoss(), nn.BCEWithLogitsLoss(), nn.KLDivLoss(), nn.SmoothL1Loss()]
    yield "distributions", [torch.distributions.Normal(0.0, torch.ones(2)), torch.distributions.Categorical(torch.ones(3)), torch.distributions.Bernoulli(0.5), torch.distributions.MultivariateNormal(torch.zeros(2), torch.eye(2))]
    yield "datasets", [torch.utils.data.TensorDataset(torch.ones(3)), torch.utils.data.Subset(torch.utils.data.TensorDataset(torch.ones(3)), [0])]
    yield "activations", [nn.functional.relu, nn.functional.gelu, torch.tanh, torch.sigmoid, torch.relu, nn.functional.softmax, torch.nn.init.xavier_uniform_]


def saved(thing):
    yield ".pt", lambda p, t=thing: torch.save(t, p)
    yield ".legacy.pt", lambda p, t=thing: torch.save(t, p, _use_new_zipfile_serialization=False)
    yield ".p4.pt", lambda p, t=thing: torch.save(t, p, pickle_protocol=4)


def files():
    for part in (tensors, training, layers):
        for name, thing in part():
            for end, write in saved(thing):
                yield name + end, write
    yield "script.pt", lambda p: torch.jit.save(torch.jit.script(nn.Sequential(nn.Linear(2, 2), nn.ReLU())), str(p))
    yield "trace.pt", lambda p: torch.jit.save(torch.jit.trace(nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2)).eval(), torch.ones(1, 3, 4, 4)), str(p))
    yield "lstm_script.pt", lambda p: torch.jit.save(torch.jit.script(nn.LSTM(2, 2)), str(p))


def things():
    """Tensors that were pickled plainly, without torch.save."""
    yield from tensors()
    yield "plain_module", nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    yield "plain_state", nn.Linear(2, 2).state_dict()
