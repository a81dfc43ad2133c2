"""What captum makes of the tiny network: its Occlusion, for every class. Needs PyTorch, captum and onnx.

    pip install torch captum onnx pillow numpy
    python tests/reference/make_captum.py
"""

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from captum.attr import Occlusion
from onnx import numpy_helper
from PIL import Image

FIXTURES = Path(__file__).parent.parent / "fixtures"
CASES = [{"window": 3, "stride": 2}, {"window": 4, "stride": 3}, {"window": 5, "stride": 1}]


def network():
    """The layers of tiny.onnx with its weights, in PyTorch."""
    weights = {w.name: torch.tensor(numpy_helper.to_array(w)) for w in onnx.load(FIXTURES / "tiny.onnx").graph.initializer}
    first, second, last = torch.nn.Conv2d(3, 6, 3, 2, 1), torch.nn.Conv2d(6, 4, 1), torch.nn.Linear(4, 5)
    for name, layer in [("first", first), ("second", second), ("logits", last)]:
        layer.weight.data, layer.bias.data = weights[f"{name}.weight"], weights[f"{name}.bias"]
    pool = [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()]
    return torch.nn.Sequential(first, torch.nn.ReLU(), second, torch.nn.ReLU(), *pool, last).double()


def main():
    pixels = np.asarray(Image.open(FIXTURES / "tiny.png").convert("RGB")).astype(np.float64)
    picture = torch.tensor((pixels - 127) / 128).permute(2, 0, 1)[None]
    layers = network()
    occlusion = Occlusion(lambda x: torch.softmax(layers(x), 1))
    maps = []
    with torch.no_grad():
        for case in CASES:
            for target in range(5):
                side, stride = case["window"], case["stride"]
                signed = occlusion.attribute(picture, (3, side, side), strides=(3, stride, stride), baselines=0, target=target)
                maps.append({"options": case, "target": target, "signed": [float(f"{v:.7g}") for v in signed[0, 0].flatten()]})
    (FIXTURES / "captum.json").write_text(json.dumps({"occlusion": maps}) + "\n")


main()
