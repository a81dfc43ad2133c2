"""Small networks of the families that people bring, as PyTorch's two exporters write them, and which of their tensors are
maps of the picture: tests/fixtures/exports/*.onnx and exports.json.

    pip install torch torchvision onnx onnxscript onnxruntime
    python tests/reference/make_exports.py [NAME...]

A tensor counts as a map where the network says so itself: a picture is changed at one place after another, and where the tensor
changes most must follow that place, in rows and in columns. No operator's name or shape is looked at. That takes PyTorch, so
what comes out is kept; `./build.sh test` does not run this.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn
from torchvision.models import ConvNeXt, DenseNet, EfficientNet, MaxVit, MobileNetV3, RegNet, ShuffleNetV2, SwinTransformer, VisionTransformer
from torchvision.models.convnext import CNBlockConfig
from torchvision.models.mobilenetv3 import InvertedResidualConfig
from torchvision.models.regnet import BlockParams
from torchvision.models.efficientnet import FusedMBConvConfig, MBConvConfig

FOLDER = Path(__file__).parent.parent / "fixtures" / "exports"
CLASSES = 5
#: Places of the picture that are changed, rows and columns of a grid.
PROBES = 4
#: Share of probes that must show up where they were made.
ENOUGH = 0.85


class Hybrid(nn.Module):
    """A stem of convolutions, then tokens: the stem's maps are maps."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 4, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU())
        self.block = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.head = nn.Linear(16, CLASSES)

    def forward(self, x):
        tokens = self.stem(x).flatten(2).transpose(1, 2)
        return self.head(self.block(tokens).mean(1))


class Distilled(nn.Module):
    """DeiT's two tokens in front, a class and a teacher, and the mean of two heads."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 8, 8)
        self.tokens = nn.Parameter(torch.zeros(1, 2, 16))
        self.places = nn.Parameter(torch.zeros(1, 18, 16))
        self.blocks = nn.ModuleList(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, norm_first=True, activation="gelu") for _ in range(2))
        self.norm = nn.LayerNorm(16)
        self.heads = nn.ModuleList(nn.Linear(16, CLASSES) for _ in range(2))

    def forward(self, x):
        patches = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.tokens.expand(len(x), -1, -1), patches], 1) + self.places
        for block in self.blocks:
            x = block(x)
        x = self.norm(x)
        return (self.heads[0](x[:, 0]) + self.heads[1](x[:, 1])) / 2


NETWORKS = {
    "vit": (lambda: VisionTransformer(32, 8, 2, 2, 16, 32, num_classes=CLASSES), 32),
    "swin": (lambda: SwinTransformer([4, 4], 8, [2, 2], [1, 2], [4, 4], num_classes=CLASSES), 64),
    "swin_padded": (lambda: SwinTransformer([4, 4], 8, [2, 2], [1, 2], [3, 3], num_classes=CLASSES), 64),
    "convnext": (lambda: ConvNeXt([CNBlockConfig(8, 16, 1), CNBlockConfig(16, None, 1)], num_classes=CLASSES), 64),
    "maxvit": (lambda: MaxVit((64, 64), 8, 4, [8, 16], [1, 1], 4, 0.0, num_classes=CLASSES), 64),
    "efficientnetv2": (
        lambda: EfficientNet(
            [FusedMBConvConfig(2, 3, 2, 8, 8, 1), MBConvConfig(2, 3, 2, 8, 16, 2)], 0.0, num_classes=CLASSES, last_channel=24
        ),
        64,
    ),
    "hybrid": (Hybrid, 64),
    "deit": (Distilled, 32),
    "shufflenet": (lambda: ShuffleNetV2([1, 1, 1], [8, 16, 24, 32, 32], num_classes=CLASSES), 128),
    "densenet": (lambda: DenseNet(4, (2, 2), 8, num_classes=CLASSES), 64),
    "regnet": (lambda: RegNet(BlockParams([1, 1], [8, 24], [4, 4], [1, 1], [2, 2], se_ratio=0.25), CLASSES, stem_width=8), 64),
    "mobilenetv3": (
        lambda: MobileNetV3(
            [InvertedResidualConfig(16, 3, 16, 16, True, "RE", 2, 1, 0.5), InvertedResidualConfig(16, 5, 40, 24, True, "HS", 2, 1, 0.5)],
            32, CLASSES,
        ),
        64,
    ),
}


def exported(network, side, dynamo, path):
    picture = torch.randn(1, 3, side, side)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dynamo:
            torch.onnx.export(network, (picture,), str(path), dynamo=True, external_data=False, verbose=False)
        else:
            torch.onnx.export(network, (picture,), str(path), dynamo=False, opset_version=17)


def strip(path):
    """Leaves out what exporters write for people to read: it is most of these files."""
    model = onnx.load(path)
    del model.metadata_props[:], model.functions[:]
    del model.graph.metadata_props[:], model.graph.value_info[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in [*model.graph.input, *model.graph.output]:
        del value.metadata_props[:]
    onnx.save(model, path)


def maps_of(path, side):
    """The tensors of four axes and more than one position that follow the picture's places, and those that do not."""
    model = onnx.load(path)
    input_name = model.graph.input[0].name
    names = [name for node in model.graph.node for name in node.output if name]
    inferred = onnx.shape_inference.infer_shapes(model)
    types = {value.name: value.type.tensor_type for value in [*inferred.graph.value_info, *inferred.graph.output]}
    known = [name for name in names if name in types and types[name].elem_type == 1]
    del model.graph.output[:]
    model.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, None) for name in known)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    random = np.random.default_rng(7)
    plain = random.normal(size=(1, 3, side, side)).astype(np.float32) * 0.1
    before = session.run(known, {input_name: plain})
    follows = {name: [0, 0, 0] for name in known}
    patch = side // PROBES
    for row in range(PROBES):
        for column in range(PROBES):
            changed = plain.copy()
            changed[:, :, row * patch : (row + 1) * patch, column * patch : (column + 1) * patch] += random.normal(size=(1, 3, patch, patch)) * 4
            for name, old, new in zip(known, before, session.run(known, {input_name: changed})):
                if old.ndim != 4 or old.shape[0] != 1:
                    continue
                difference = np.abs(new - old)[0]
                follows[name][0] += 1
                for layout, (energy, height, width) in enumerate(
                    [(difference.sum(0), old.shape[2], old.shape[3]), (difference.sum(2), old.shape[1], old.shape[2])]
                ):
                    if height * width <= 1:
                        continue
                    weight = energy**2 / max((energy**2).sum(), 1e-30)
                    at = (weight.sum(1) @ (np.arange(height) + 0.5) / height, weight.sum(0) @ (np.arange(width) + 0.5) / width)
                    wanted = ((row + 0.5) / PROBES, (column + 0.5) / PROBES)
                    follows[name][1 + layout] += all(abs(a - b) < 0.3 for a, b in zip(at, wanted))
    shapes = dict(zip(known, (value.shape for value in before)))
    maps, others = [], []
    for name in known:
        probes, first, last = follows[name]
        if not probes or np.prod(shapes[name][1:]) < 2:
            continue
        (maps if max(first, last) >= ENOUGH * probes else others).append(name)
    return maps, others


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    listed = FOLDER / "exports.json"
    found = json.loads(listed.read_text()) if listed.exists() else {}
    for name in sys.argv[1:] or NETWORKS:
        make, side = NETWORKS[name]
        for exporter in ["torchscript", "dynamo"]:
            torch.manual_seed(3)
            network = make().eval()
            for parameter in network.parameters():
                # Away from the tiny first values of layer scale and of positional tables, which would hide what moves.
                nn.init.normal_(parameter, 0.0, 0.3) if parameter.ndim > 1 else parameter.data.add_(0.01 * torch.randn_like(parameter))
            path = FOLDER / f"{name}_{exporter}.onnx"
            exported(network, side, exporter == "dynamo", path)
            strip(path)
            maps, others = maps_of(path, side)
            found[path.name] = {"maps": maps, "others": others}
            print(path.name, path.stat().st_size, len(maps), "maps", len(others), "others")
    listed.write_text(json.dumps(found, indent=1) + "\n")


main()
