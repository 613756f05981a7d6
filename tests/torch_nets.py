"""PyTorch's side of the tests, run as a program of its own.

torchvision and TensorFlow may each bring an LLVM of their own, and then abort when they are loaded
together, so the nets are built and asked here, and what they answer goes into files.

``torch_nets.py maps NAME OUT.npz`` – a torchvision backbone with random weights: its state dict,
pictures, and its maps of them.
``torch_nets.py released NAME POOLING WHITEN OUT.pth OUT.npz`` – a net as the authors of GeM build
and save it, pictures, and its descriptors of them at one scale.
"""

import sys

import numpy as np
import torch
import torchvision
from torch import nn

#: Sides of no special kind: odd, even, oblong, and 4k … 4k + 3.
SIZES = ((97, 130), (128, 67), (63, 63), (99, 82))
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class GeM(nn.Module):
    """The generalised mean, in the plain form: clamp, power, average, root."""

    def __init__(self, p):
        super().__init__()
        self.p = nn.Parameter(torch.tensor(p))

    def forward(self, x):
        p = self.p[:, None, None]
        return x.clamp(min=1e-6).pow(p).mean((2, 3), keepdim=True).pow(1 / p)


class MAC(nn.Module):
    def forward(self, x):
        return x.amax((2, 3), keepdim=True)


class SPoC(nn.Module):
    def forward(self, x):
        return x.mean((2, 3), keepdim=True)


class Retrieval(nn.Module):
    """Backbone, pooling, L2, and where there is one a fully connected layer and L2."""

    def __init__(self, features, pool, whiten):
        super().__init__()
        self.features = nn.Sequential(*features)
        self.pool = pool
        self.whiten = whiten

    def forward(self, x):
        x = unit(self.pool(self.features(x))[:, :, 0, 0])
        return x if self.whiten is None else unit(self.whiten(x))


def unit(x):
    return x / (x.norm(dim=1, keepdim=True) + 1e-6)


def settled(net):
    """Give batch normalisation such statistics that maps neither vanish nor grow."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.6, 1.2)
            nn.init.normal_(module.bias, 0.05, 0.1)
            nn.init.normal_(module.running_mean, 0, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return net.eval()


def features(net, name, end):
    """Cut a backbone before its classifier; VGG and AlexNet also before their last pooling."""
    if name.startswith("resnet"):
        return list(net.children())[:-2]
    return list(net.features.children())[:end]


def answers(net):
    """Give pictures and what a net says of them, channels last."""
    found = {}
    normalise = torchvision.transforms.Normalize(MEAN, STD)
    for index, (height, width) in enumerate(SIZES):
        picture = np.random.default_rng(index).integers(0, 256, (height, width, 3), np.uint8)
        pixels = normalise(torch.from_numpy(picture).permute(2, 0, 1).float() / 255)
        with torch.no_grad():
            answer = net(pixels[None])
        found[f"picture{index}"] = picture
        found[f"answer{index}"] = answer.movedim(1, -1).numpy()
    return found


def maps(name, out):
    net = settled(getattr(torchvision.models, name)(weights=None))
    tensors = {key: value.numpy() for key, value in net.state_dict().items()}
    np.savez(out, **tensors, **answers(nn.Sequential(*features(net, name, None))))


def released(name, pooling, whiten, out, answered):
    net = settled(getattr(torchvision.models, name)(weights=None))
    layers = features(net, name, -1)
    width = [module for module in layers[-1].modules() if hasattr(module, "num_features")]
    width = width[-1].num_features if width else 512 if name.startswith("vgg") else 256
    ps = {"gem": [2.7], "gemmp": np.linspace(1.5, 4, width).astype("float32").tolist()}
    pool = GeM(ps[pooling]) if pooling in ps else {"mac": MAC, "spoc": SPoC}[pooling]()
    dense = nn.Linear(width, 24) if whiten == "whiten" else None
    whole = Retrieval(layers, pool, dense).eval()
    size = 24 if dense else width
    random = np.random.default_rng(5)
    whitenings = {
        scale: {"m": random.normal(0, 0.01, (size, 1)), "P": random.normal(size=(size, size))}
        for scale in ("ss", "ms")
    }
    meta = {
        "architecture": name,
        "pooling": pooling,
        "local_whitening": False,
        "regional": False,
        "whitening": dense is not None,
        "mean": MEAN,
        "std": STD,
        "outputdim": size,
        "Lw": {"retrieval-SfM-120k": whitenings},
    }
    state = {"epoch": 3, "meta": meta, "state_dict": whole.state_dict()}
    state["min_loss"] = np.float64(0.25)
    torch.save(state, out, _use_new_zipfile_serialization=pooling != "mac")  # both forms are about
    lw = {f"{scale}_{part}": array for scale, each in whitenings.items()
          for part, array in each.items()}  # fmt: skip
    np.savez(answered, **lw, **answers(whole))


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_num_threads(1)
    {"maps": maps, "released": released}[sys.argv[1]](*sys.argv[2:])
