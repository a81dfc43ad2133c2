"""The networks of the catalogue as the references open them."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from networks import NETWORKS
from onnx_session import Network

ROOT = Path(__file__).resolve().parents[2]


def opened(name):
    """A network's file, its default layer and its session; of the six topologies after ./build.sh test, which makes target/networks."""
    catalogue = json.loads((ROOT / "models" / "catalog.json").read_text())["models"]
    entry = next(entry for entry in catalogue if entry["name"] == name)
    spec = entry["input"]
    layer = NETWORKS[name][1] if name in NETWORKS else entry["defaultLayer"]
    path = ROOT / ("target/networks" if name in NETWORKS else "models") / f"{name}.onnx"
    unit = 255 if spec["range"] == "0..1" else 1
    session = Network(path, layer, np.multiply(spec["mean"], unit), np.multiply(spec["std"], unit), spec["order"])
    return path, layer, session


def sample(name, side=224):
    """The pixels of a sample picture at input size."""
    image = Image.open(ROOT / "www" / "samples" / name).convert("RGB")
    return np.asarray(image.resize((side, side), Image.Resampling.BILINEAR))
