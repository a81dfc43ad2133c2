"""Writes the article's six topologies with seeded weights, and what onnxruntime and NumPy say of each.

    python tests/reference/make_networks.py FOLDER [--full | --bench]

FOLDER gets NAME.onnx, NAME.logits.npy, NAME.activations.npy [K, h, w] of the default layer, and for each recipe the
heatmap over a seeded subset of channels, NAME.RECIPE.npy; NAME.json names the layer, the target and the subset.
VGG-16 and AlexNet have a quarter of their width, with --full their true one; --full writes these two alone.
--bench writes networks alone, all of true size and with an open batch, and the embedded network with an open batch.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
from PIL import Image

from networks import NETWORKS
from onnx_session import Network, rounded
from recipes import RECIPES

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEAVY = ("vgg16", "alexnet")
SUBSET = 12


def make(name, folder, width):
    maker, layer, before = NETWORKS[name]
    path = folder / f"{name}.onnx"
    onnx.save(maker(width), path)
    spec = next(entry for entry in json.loads((ROOT / "models" / "catalog.json").read_text())["models"] if entry["name"] == name)
    spec = spec["input"]
    unit = 255 if spec["range"] == "0..1" else 1
    network = Network(path, layer, np.multiply(spec["mean"], unit), np.multiply(spec["std"], unit), spec["order"])
    picture = Image.open(ROOT / "www" / "samples" / "chelsea.png").convert("RGB")
    pixels = np.asarray(picture.resize((spec["width"], spec["height"]), Image.Resampling.BILINEAR))
    tensor = network.to_tensor(pixels)
    logits, activations = network.classify(tensor), network.activations(tensor)
    target = int(logits.argmax())
    subset = np.sort(np.random.default_rng(7).choice(len(activations), min(SUBSET, len(activations)), replace=False))
    np.save(folder / f"{name}.logits.npy", logits.astype(np.float32))
    np.save(folder / f"{name}.activations.npy", activations.astype(np.float32))
    weights = {}
    for recipe, explain in RECIPES.items():
        heatmap, weights[recipe] = explain(pixels, activations[subset], network.to_tensor, network.classify, target)
        np.save(folder / f"{name}.{recipe}.npy", heatmap.astype(np.float32))
    described = {"layer": layer, "before": before, "target": target, "subset": subset.tolist(),
                 "weights": {recipe: rounded(values) for recipe, values in weights.items()}}
    (folder / f"{name}.json").write_text(json.dumps(described) + "\n")
    print(f"{name}: class {target}, logits {logits.min():.1f} to {logits.max():.1f}, {len(activations)} channels", flush=True)


def make_for_the_benchmark(folder):
    for name, (maker, *_) in NETWORKS.items():
        onnx.save(maker(open_batch=True), folder / f"{name}.onnx")
    embedded = onnx.load(ROOT / "models" / "efficientnet_lite0.onnx")
    for value in (*embedded.graph.input, *embedded.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    onnx.save(embedded, folder / "efficientnet_lite0.onnx")


if __name__ == "__main__":
    out, full = pathlib.Path(sys.argv[1]), "--full" in sys.argv
    out.mkdir(parents=True, exist_ok=True)
    if "--bench" in sys.argv:
        make_for_the_benchmark(out)
        sys.exit()
    for key in HEAVY if full else NETWORKS:
        make(key, out, 1.0 if full or key not in HEAVY else 0.25)
