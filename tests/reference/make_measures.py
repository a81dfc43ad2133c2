"""What RISE's own code, and pytorch-grad-cam measure of one map of the embedded network.

    pip install torch grad-cam onnx pillow numpy scipy scikit-image
    git clone https://github.com/eclique/RISE
    python tests/reference/make_measures.py RISE

Writes tests/fixtures/measures.json. The map is a formula, without two equal values, so that the order of pixels is one.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from pytorch_grad_cam.metrics.road import NoisyLinearImputer
from skimage.segmentation import quickshift
from skimage.transform import resize

from torch_of_onnx import Torch

ROOT = Path(__file__).resolve().parents[2]
SIDE = 224


def rounded(values):
    return [float(f"{value:.6g}") for value in np.ravel(values)]


def heatmap():
    """A hill left of the middle on a slope that makes every value another."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    hill = np.exp(-(((x - 90) / 45) ** 2 + ((y - 120) / 60) ** 2) / 2)
    values = hill + (y * SIDE + x) * 1e-7
    return ((values - values.min()) / (values.max() - values.min())).astype(np.float32)


def of_rise(folder, model, tensor):
    """Deletion to the mean colour and insertion into the blur, by RISE's evaluation.py, which wants a GPU it does not need."""
    torch.Tensor.cuda = lambda self, *_: self
    source = (folder / "evaluation.py").read_text().replace("from scipy.ndimage.filters", "from scipy.ndimage").replace("from utils import *", "")
    space = {"np": np, "torch": torch}
    exec(compile(source, "evaluation.py", "exec"), space)
    kernel = space["gkern"](11, 5)
    blur = lambda x: torch.nn.functional.conv2d(x, kernel, padding=5)
    softmax = lambda x: model(x).softmax(1)
    found = {}
    for name, mode, fill in [("deletion-mean", "del", torch.zeros_like), ("insertion-blur", "ins", blur),
                             ("deletion-blur", "del", blur), ("insertion-mean", "ins", torch.zeros_like)]:
        scores = space["CausalMetric"](softmax, mode, SIDE, fill).single_run(tensor.clone(), heatmap())
        found[name] = {"area": float(space["auc"](scores)), "curve": rounded(scores)}
    return found


def of_road():
    """One plane with holes, without noise, by the imputer of ROAD's authors as pytorch-grad-cam has it."""
    rng = np.random.default_rng(5)
    plane = rng.normal(size=(14, 17)).astype(np.float32)
    kept = rng.random((14, 17)) > 0.7
    imputed = NoisyLinearImputer(noise=0)(torch.tensor(plane[None]), torch.tensor(kept.astype(np.float32)))
    return {"plane": rounded(plane), "holes": (~kept).ravel().tolist(), "imputed": rounded(imputed.numpy())}


def of_rise_masks():
    """One mask as RISE's explanations.py makes it: its grid, where it is cut, and what becomes of it."""
    rng = np.random.default_rng(2)
    grid = (rng.random((4, 4)) < 0.5).astype("float32")
    cell = np.ceil(np.array((30, 26)) / 4)
    x, y = 5, 3
    mask = resize(grid, (4 + 1) * cell, order=1, mode="reflect", anti_aliasing=False)[x : x + 30, y : y + 26]
    return {"grid": rounded(grid), "cut": [x, y], "mask": rounded(mask)}


def of_superpixels(pixels):
    """Whether pixels that are near each other are in one superpixel, by scikit-image with LIME's settings; and how many there are."""
    labels = quickshift(pixels, kernel_size=4, max_dist=200, ratio=0.2, rng=42)
    rng = np.random.default_rng(8)
    first = rng.integers(0, SIDE, (600, 2))
    second = np.clip(first + rng.integers(-12, 13, (600, 2)), 0, SIDE - 1)
    same = labels[tuple(first.T)] == labels[tuple(second.T)]
    flat = lambda at: (at[:, 0] * SIDE + at[:, 1]).tolist()
    return {"count": int(labels.max()) + 1, "first": flat(first), "second": flat(second), "same": same.tolist()}


def main():
    model = Torch(ROOT / "models" / "efficientnet_lite0.onnx", None).eval()
    picture = Image.open(ROOT / "www" / "samples" / "chelsea.png").convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    tensor = torch.tensor(((np.asarray(picture).astype(np.float64) - 127) / 128).transpose(2, 0, 1)[None], dtype=torch.float32)
    with torch.no_grad():
        scores = model(tensor).softmax(1)[0]
        target = int(scores.argmax())
        soft = model(tensor * torch.tensor(heatmap())).softmax(1)[0, target]
        found = {"target": target, "score": float(scores[target]), "soft": float(soft),
                 "rise": of_rise(Path(sys.argv[1]), model, tensor), "road": of_road(), "mask": of_rise_masks(),
                 "superpixels": of_superpixels(np.asarray(picture))}
    (ROOT / "tests" / "fixtures" / "measures.json").write_text(json.dumps(found) + "\n")
    print({name: value["area"] for name, value in found["rise"].items()}, found["score"], found["soft"])


main()
