"""torchvision's networks with seeded weights as ONNX files: python export_torchvision.py [--dynamo] NAME...

They go to target/networks/bench, for `bench.js --files` and `native.py`. Needs torch, torchvision, onnx and onnxscript.
"""

import sys
import warnings

import torch
import torchvision
from native_peers import FOLDER


def main():
    dynamo = "--dynamo" in sys.argv
    FOLDER.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    for name in sys.argv[1:]:
        if name == "--dynamo":
            continue
        torch.manual_seed(0)
        network = getattr(torchvision.models, name)(weights=None).eval()
        path = FOLDER / f"{name}{'_dynamo' if dynamo else ''}.onnx"
        options = {"dynamo": True, "external_data": False} if dynamo else {"dynamo": False, "opset_version": 17}
        torch.onnx.export(network, (torch.randn(1, 3, 224, 224),), str(path), **options)
        print(path)


main()
