"""What the public code of methods with chance in them makes on average: RISE's own, lime, captum's KernelSHAP and sensitivity, torchcam's SS-CAM;
and torchcam's IS-CAM, which has none.

    pip install torch grad-cam torchcam captum lime onnx onnxruntime pillow numpy scikit-image
    git clone https://github.com/eclique/RISE
    ./build.sh test                                            (makes target/networks)
    python tests/reference/make_chance.py RISE

Writes tests/fixtures/chance.json: means over ten seeds, as chance is another on the other side. Maps of whole pictures are averaged over blocks of 8 by
8 pixels. It takes about twenty minutes on two cores.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from captum.attr import KernelShap
from captum.metrics import sensitivity_max
from lime.lime_image import LimeImageExplainer
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from skimage.segmentation import quickshift
from torchcam.methods import ISCAM, SSCAM

from catalogue import opened, sample
from torch_of_onnx import Torch

ROOT = Path(__file__).resolve().parents[2]
SEEDS = range(10)
SIDE, BLOCK = 224, 8
RISE_MASKS, SAMPLES = 400, 400
PICTURE = "chelsea.png"


def rounded(values):
    return [float(f"{value:.6g}") for value in np.ravel(values)]


def blocks(picture):
    return np.reshape(picture, (SIDE // BLOCK, BLOCK, SIDE // BLOCK, BLOCK)).mean((1, 3))


def load(name):
    """The network as a PyTorch module, the picture's pixels and tensor, and its most probable class."""
    path, layer, session = opened(name)
    pixels = sample(PICTURE)
    plain = session.to_tensor(pixels)
    model = Torch(path, layer).eval()
    return model, pixels, session, torch.tensor(plain[None], dtype=torch.float32), int(session.classify(plain).argmax())


def rise(folder, model, tensor, target):
    torch.Tensor.cuda = lambda self, *_: self
    sys.path.insert(0, str(folder))
    os.environ["TQDM_DISABLE"] = "1"
    from explanations import RISE

    maps = []
    for seed in SEEDS:
        np.random.seed(seed)
        explainer = RISE(lambda x: model(x).softmax(1), (SIDE, SIDE), gpu_batch=20)
        with tempfile.NamedTemporaryFile(suffix=".npy") as kept, torch.no_grad():
            explainer.generate_masks(RISE_MASKS, 8, 0.5, kept.name)
            maps.append(explainer(tensor)[target].numpy())
        print("rise", seed, flush=True)
    return rounded(blocks(np.mean(maps, 0)))


def lime(model, pixels, session, target):
    def classify(pictures):
        tensors = np.stack([session.to_tensor(picture) for picture in pictures]).astype(np.float32)
        with torch.no_grad():
            return model(torch.tensor(tensors)).softmax(1).double().numpy()

    segments = quickshift(pixels, kernel_size=4, max_dist=200, ratio=0.2)
    maps = []
    for seed in SEEDS:
        explained = LimeImageExplainer(random_state=seed).explain_instance(
            pixels, classify, labels=(target,), top_labels=None, num_samples=SAMPLES, batch_size=20,
            segmentation_fn=lambda _: segments)
        worth = dict(explained.local_exp[target])
        maps.append(np.vectorize(worth.get)(segments))
        print("lime", seed, flush=True)
    return rounded(blocks(np.mean(maps, 0)))


def kernel_shap(model, pixels, session, tensor, target):
    segments = quickshift(pixels, kernel_size=4, max_dist=200, ratio=0.2)
    covered = np.zeros_like(pixels)
    for segment in np.unique(segments):
        covered[segments == segment] = pixels[segments == segment].mean(0)
    baseline = torch.tensor(session.to_tensor(covered)[None], dtype=torch.float32)
    maps = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        np.random.seed(seed)
        with torch.no_grad():
            worth = KernelShap(lambda x: model(x).softmax(1)).attribute(
                tensor, baselines=baseline, target=target, feature_mask=torch.tensor(segments)[None, None],
                n_samples=SAMPLES, perturbations_per_eval=20)
        maps.append(worth[0, 0].numpy())
        print("kernel-shap", seed, flush=True)
    return rounded(blocks(np.mean(maps, 0)))


def stability(model, tensor, target):
    """The largest relative change of Grad-CAM's map under ten small changes of the picture, for each seed; by captum."""
    low, high = tensor.new_tensor(-127 / 128), tensor.new_tensor(1.0)
    radius = 0.02 * float(high - low)
    cam = GradCAM(model=model, target_layers=[model.tap])
    target = [ClassifierOutputTarget(target)]

    def explain(pictures):
        pictures = pictures[0] if isinstance(pictures, tuple) else pictures
        with torch.enable_grad():
            maps = [cam(input_tensor=each[None].clone().requires_grad_(), targets=target) for each in pictures]
        return torch.tensor(np.stack(maps))

    found = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        np.random.seed(seed)
        # One change at a time: of several together captum 0.9 gives the norm over all of them, not the largest.
        of_each = {"n_perturb_samples": 10, "max_examples_per_batch": 1}
        found.append(float(sensitivity_max(explain, tensor, perturb_radius=radius, **of_each)[0]))
    return found


def smoothed(name):
    """torchcam's maps [height, width] at layer size, rectified and scaled."""
    found = {}
    model, _, _, tensor, target = load(name)

    def made(kind, **options):
        with kind(model, model.tap, **options) as cam, torch.no_grad():
            scores = model(tensor)
            return cam(class_idx=target, scores=scores)[0][0].double().numpy()

    found["is-cam"] = rounded(made(ISCAM, num_samples=10))
    torch.manual_seed(0)
    found["ss-cam"] = rounded(np.mean([made(SSCAM, num_samples=5, std=2.0) for _ in SEEDS], 0))
    print(name, flush=True)
    return {"network": name, "target": target, "maps": found}


if __name__ == "__main__":
    torch.set_num_threads(2)
    model, pixels, session, tensor, target = load("efficientnet_lite0")
    made = {
        "picture": PICTURE, "target": target, "samples": SAMPLES, "masks": RISE_MASKS,
        "stability": stability(load("efficientnet_lite0")[0], tensor, target),
        "lime": lime(model, pixels, session, target),
        "kernel_shap": kernel_shap(model, pixels, session, tensor, target),
        "rise": rise(Path(sys.argv[1]), model, tensor, target),
        "smoothed": [smoothed(name) for name in ("alexnet", "vgg16")],
    }
    (ROOT / "tests" / "fixtures" / "chance.json").write_text(json.dumps(made) + "\n")
