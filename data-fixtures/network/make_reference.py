"""Makes `made/`: small networks with random weights and their stage means, as PyTorch computes them.

Needs torch, torchvision and monai (made with torch 1.13.0, torchvision 0.14.1, monai 1.2.0). Run: python3 make_reference.py

Width 2 keeps the files small; what is tested (strides, dilations, shortcuts, norms, names, file forms) does not depend on it.
- medicalnet18_w2: written after github.com/Tencent/MedicalNet, models/resnet.py (dilated, shortcut A)
- monai18_w2: the same weights in monai.networks.nets.ResNet (strided, shortcut A)
- r3d18_w2: torchvision.models.video's blocks and stem, narrower; three equal channels
- bottleneck_w2: after the same MedicalNet file (dilated, shortcut B)
The weights of medicalnet18_w2 are also written by torch.save, in both of its forms.
"""

import argparse
import json
import struct
from collections import OrderedDict
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from monai.networks.nets import ResNet as MonaiResNet
from torchvision.models.video import resnet as video

OUT = Path(__file__).parent / "made"
SHAPE = (24, 20, 28)
FORMULA = (
    "x[i,j,k] = 0.3 + 0.8*(sin(0.41 i + 0.1 k) + cos(0.29 j - 0.07 i) + sin(0.17 k (1 + 0.02 j))), "
    f"computed in f64 then cast to f32, tensor [1,1,{SHAPE[0]},{SHAPE[1]},{SHAPE[2]}] with i the slowest axis"
)


def conv3(inp, out, stride=1, dilation=1):
    return nn.Conv3d(inp, out, 3, stride=stride, padding=dilation, dilation=dilation, bias=False)


def downsample_a(x, planes, stride):
    out = F.avg_pool3d(x, kernel_size=1, stride=stride)
    zeros = torch.zeros(out.size(0), planes - out.size(1), *out.shape[2:])
    return torch.cat([out, zeros], dim=1)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, inp, planes, stride, dilation, downsample):
        super().__init__()
        self.conv1, self.bn1 = conv3(inp, planes, stride, dilation), nn.BatchNorm3d(planes)
        self.conv2, self.bn2 = conv3(planes, planes, dilation=dilation), nn.BatchNorm3d(planes)
        self.downsample = downsample

    def forward(self, x):
        residual = x if self.downsample is None else self.downsample(x)
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + residual)


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inp, planes, stride, dilation, downsample):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv3d(inp, planes, 1, bias=False), nn.BatchNorm3d(planes)
        self.conv2, self.bn2 = conv3(planes, planes, stride, dilation), nn.BatchNorm3d(planes)
        self.conv3, self.bn3 = nn.Conv3d(planes, planes * 4, 1, bias=False), nn.BatchNorm3d(planes * 4)
        self.downsample = downsample

    def forward(self, x):
        residual = x if self.downsample is None else self.downsample(x)
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        return F.relu(self.bn3(self.conv3(out)) + residual)


class MedicalNet(nn.Module):
    def __init__(self, block, layers, width, shortcut):
        super().__init__()
        self.inplanes, self.shortcut = width, shortcut
        self.conv1 = nn.Conv3d(1, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm3d(width)
        self.maxpool = nn.MaxPool3d(3, stride=2, padding=1)
        for s, (n, stride, dilation) in enumerate(zip(layers, (1, 2, 1, 1), (1, 1, 2, 4))):
            setattr(self, f"layer{s + 1}", self.stage(block, width << s, n, stride, dilation))

    def stage(self, block, planes, n, stride, dilation):
        downsample, out = None, planes * block.expansion
        if stride != 1 or self.inplanes != out:
            if self.shortcut == "A":
                downsample = partial(downsample_a, planes=out, stride=stride)
            else:
                conv = nn.Conv3d(self.inplanes, out, 1, stride=stride, bias=False)
                downsample = nn.Sequential(conv, nn.BatchNorm3d(out))
        blocks = [block(self.inplanes, planes, stride, dilation, downsample)]
        self.inplanes = out
        blocks += [block(out, planes, 1, dilation, None) for _ in range(n - 1)]
        return nn.Sequential(*blocks)

    def stages(self, x):
        maps = OrderedDict(stem=F.relu(self.bn1(self.conv1(x))))
        x = self.maxpool(maps["stem"])
        for s in range(1, 5):
            x = maps[f"layer{s}"] = getattr(self, f"layer{s}")(x)
        return maps


class Video(video.VideoResNet):
    """torchvision's own _make_layer and blocks at another width."""

    def __init__(self, width):
        nn.Module.__init__(self)
        self.inplanes = width
        conv = nn.Conv3d(3, width, (3, 7, 7), stride=(1, 2, 2), padding=(1, 3, 3), bias=False)
        self.stem = nn.Sequential(conv, nn.BatchNorm3d(width), nn.ReLU(inplace=True))
        for s in range(4):
            layer = self._make_layer(video.BasicBlock, video.Conv3DSimple, width << s, 2, stride=1 if s == 0 else 2)
            setattr(self, f"layer{s + 1}", layer)

    def stages(self, x):
        maps = OrderedDict(stem=self.stem(x.repeat(1, 3, 1, 1, 1)))
        x = maps["stem"]
        for s in range(1, 5):
            x = maps[f"layer{s}"] = getattr(self, f"layer{s}")(x)
        return maps


def monai_stages(net, x):
    maps = OrderedDict(stem=net.relu(net.bn1(net.conv1(x))))
    x = net.maxpool(maps["stem"])
    for s in range(1, 5):
        x = maps[f"layer{s}"] = getattr(net, f"layer{s}")(x)
    return maps


def randomise(net, seed):
    g = torch.Generator().manual_seed(seed)
    for m in net.modules():
        if isinstance(m, nn.Conv3d):
            fan = m.weight[0].numel()
            m.weight.data = torch.randn(m.weight.shape, generator=g) * (2.0 / fan) ** 0.5
        if isinstance(m, nn.BatchNorm3d):
            n = m.num_features
            m.weight.data = 0.5 + torch.rand(n, generator=g)
            m.bias.data = 0.3 * torch.randn(n, generator=g)
            m.running_mean = 0.2 * torch.randn(n, generator=g)
            m.running_var = 0.5 + torch.rand(n, generator=g)
    return net.eval()


def config(strides, dilations, shortcut, layers=(2, 2, 2, 2), block="basic", kernel=(7, 7, 7), stride=(2, 2, 2), pool=True, inp=1):
    stages = [dict(blocks=layers[s], width=2 << s, stride=strides[s], dilation=dilations[s]) for s in range(4)]
    stem = dict(width=2, kernel=kernel, stride=stride, max_pool=pool)
    return dict(in_channels=inp, stem=stem, block=block, stages=stages, shortcut=shortcut, norm="batch")


def own_names(state):
    """torchvision's video names in those of its image networks; counters dropped."""
    out = OrderedDict()
    for name, tensor in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        name = name.replace("stem.0.", "conv1.").replace("stem.1.", "bn1.")
        for i in "12":
            name = name.replace(f".conv{i}.0.", f".conv{i}.").replace(f".conv{i}.1.", f".bn{i}.")
        out[name] = tensor
    return out


def write_safetensors(path, state, described):
    header, data = OrderedDict(__metadata__={"dlr_config": json.dumps(described), "source": "make_reference.py"}), b""
    for name, tensor in own_names(state).items():
        raw = tensor.numpy().astype("<f4").tobytes()
        header[name] = dict(dtype="F32", shape=list(tensor.shape), data_offsets=[len(data), len(data) + len(raw)])
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    OUT.mkdir(exist_ok=True)
    i, j, k = np.meshgrid(*[np.arange(n, dtype=np.float64) for n in SHAPE], indexing="ij")
    x = 0.3 + 0.8 * (np.sin(0.41 * i + 0.1 * k) + np.cos(0.29 * j - 0.07 * i) + np.sin(0.17 * k * (1 + 0.02 * j)))
    x = torch.from_numpy(x.astype(np.float32))[None, None]

    medical = randomise(MedicalNet(BasicBlock, (2, 2, 2, 2), 2, "A"), 1)
    monai = MonaiResNet("basic", [2, 2, 2, 2], [2, 4, 8, 16], spatial_dims=3, n_input_channels=1, conv1_t_size=7,
                        conv1_t_stride=2, shortcut_type="A", feed_forward=False).eval()
    monai.load_state_dict(medical.state_dict(), strict=True)
    r3d = randomise(Video(2), 2)
    bottleneck = randomise(MedicalNet(Bottleneck, (1, 2, 1, 1), 2, "B"), 3)

    dilated, strided = ((1, 2, 1, 1), (1, 1, 2, 4)), ((1, 2, 2, 2), (1, 1, 1, 1))
    networks = OrderedDict(
        medicalnet18_w2=(medical, medical.stages, config(*dilated, "a")),
        monai18_w2=(monai, partial(monai_stages, monai), config(*strided, "a")),
        r3d18_w2=(r3d, r3d.stages, config(*strided, "b", kernel=(3, 7, 7), stride=(1, 2, 2), pool=False, inp=3)),
        bottleneck_w2=(bottleneck, bottleneck.stages, config(*dilated, "b", layers=(1, 2, 1, 1), block="bottleneck")),
    )
    reference = OrderedDict(input=FORMULA, note=f"torch {torch.__version__}; after the last ReLU of each stage")
    with torch.no_grad():
        for name, (net, stages, described) in networks.items():
            write_safetensors(OUT / f"{name}.safetensors", net.state_dict(), described)
            reference[name] = OrderedDict(
                (stage, dict(shape=list(m.shape), mean=[float(v) for v in m.double().mean(dim=(0, 2, 3, 4))]))
                for stage, m in stages(x).items()
            )
    (OUT / "reference_activations.json").write_text(json.dumps(reference, indent=1) + "\n")

    state = OrderedDict((f"module.{name}", tensor) for name, tensor in medical.state_dict().items())
    # A view into a larger storage, a permuted tensor and a parameter: legal, and easy to read wrongly.
    conv = state["module.layer2.0.conv1.weight"]
    state["module.layer2.0.conv1.weight"] = torch.cat([torch.full((3, *conv.shape[1:]), 9.0), conv])[3:]
    conv = state["module.layer3.0.conv2.weight"]
    state["module.layer3.0.conv2.weight"] = conv.permute(1, 0, 2, 3, 4).contiguous().permute(1, 0, 2, 3, 4)
    state["module.bn1.weight"] = nn.Parameter(state["module.bn1.weight"])
    state["module.conv_seg.0.weight"] = torch.ones(2, 2)
    checkpoint = dict(epoch=7, state_dict=state, optimizer=dict(lr=1e-3, betas=(0.9, 0.999), args=argparse.Namespace(seed=2**70)))
    torch.save(checkpoint, OUT / "medicalnet18_w2_zip.pth")
    torch.save(checkpoint, OUT / "medicalnet18_w2_legacy.pth", _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    main()
