"""torchvision: models and transforms, pickled whole and as state dicts."""
import torch
from torchvision import models, transforms

NAMES = "resnet18 mobilenet_v2 squeezenet1_1 shufflenet_v2_x0_5 mnasnet0_5 efficientnet_b0 mobilenet_v3_small regnet_y_400mf".split()


def things():
    yield "transforms", transforms.Compose([transforms.Resize(8), transforms.CenterCrop(8), transforms.ToTensor(), transforms.RandomHorizontalFlip(),
                                            transforms.Normalize([0.5], [0.5]), transforms.ColorJitter(0.1), transforms.RandomResizedCrop(8), transforms.Grayscale(),
                                            transforms.RandomRotation(5), transforms.Pad(1), transforms.RandomErasing(), transforms.GaussianBlur(3)])


def files():
    for name in NAMES:
        model = getattr(models, name)(weights=None)
        yield name + ".pt", lambda p, m=model: torch.save(m, p)
