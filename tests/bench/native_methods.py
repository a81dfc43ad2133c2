"""Methods of the command line beside the public code, natively, in one run: python native_methods.py RISE [--threads N]

EfficientNet-Lite0 on chelsea.png, the same settings on both sides, seconds for one picture that is there, medians of three (of what
takes minutes, one run). The public code runs the same file as a PyTorch module. Ours has in it what a new picture costs: its forward pass and
its layer's maps. Needs a release build, the packages of tests/reference/make_chance.py and RISE's repository:

    cargo build --release
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
from captum.attr import KernelShap, LayerGradCam, Occlusion
from lime.lime_image import LimeImageExplainer
from pytorch_grad_cam import AblationCAM, EigenCAM, GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM, ScoreCAM, XGradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from skimage.segmentation import quickshift

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "reference"))
from catalogue import opened, sample  # noqa: E402
from torch_of_onnx import Torch  # noqa: E402

PICTURE, SIDE, TARGET = "chelsea.png", 224, 285
MASKS = SAMPLES = 1000
BATCH = 20


def median_seconds(run, rounds):
    run()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def ours(method, options, threads, rounds):
    def run():
        with tempfile.TemporaryDirectory() as out:
            command = [ROOT / "target/release/scorecam", "explain", ROOT / "www/samples" / PICTURE, "--method", method]
            command += ["--class", str(TARGET), "--threads", str(threads), "--out", out]
            command += [part for option in options for part in ("--option", option)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            timings = json.loads((pathlib.Path(out) / "chelsea.json").read_text())["timings"]
        return (timings["prepareMs"] + timings["scoreMs"]) / 1000

    return statistics.median(run() for _ in range(rounds))


def peers(rise_folder):
    path, layer, session = opened("efficientnet_lite0")
    pixels = sample(PICTURE)
    tensor = torch.tensor(session.to_tensor(pixels)[None], dtype=torch.float32)
    model = Torch(path, layer).eval()
    softmax = lambda x: model(x).softmax(1)
    targets = [ClassifierOutputTarget(TARGET)]

    def grad_cam(kind):
        return lambda: kind(model=model, target_layers=[model.tap])(
            input_tensor=tensor.clone().requires_grad_(), targets=targets)

    for name, kind in [("grad-cam", GradCAM), ("grad-cam-plus-plus", GradCAMPlusPlus), ("xgrad-cam", XGradCAM),
                       ("layer-cam", LayerCAM), ("hires-cam", HiResCAM), ("eigen-cam", EigenCAM)]:
        yield name, [], "pytorch-grad-cam", grad_cam(kind), 3
    yield "grad-cam", [], "captum", lambda: LayerGradCam(model, model.tap).attribute(tensor, TARGET), 3
    yield "ablation-cam", [], "pytorch-grad-cam", grad_cam(AblationCAM), 1
    yield "score-cam", ["recipe=pytorch-grad-cam"], "pytorch-grad-cam", grad_cam(ScoreCAM), 1

    def without_gradients(run):
        def quiet():
            with torch.no_grad():
                return run()

        return quiet

    occlusion = lambda: Occlusion(softmax).attribute(
        tensor, (3, 32, 32), strides=(3, 16, 16), target=TARGET, perturbations_per_eval=BATCH)
    yield "occlusion", ["window=32", "stride=16"], "captum", without_gradients(occlusion), 1
    # Superpixels are made in the time of both.
    segmented = lambda: quickshift(pixels, kernel_size=4, max_dist=200, ratio=0.2)

    def classify(pictures):
        tensors = np.stack([session.to_tensor(picture) for picture in pictures]).astype(np.float32)
        return softmax(torch.tensor(tensors)).numpy()

    lime = lambda: LimeImageExplainer(random_state=0).explain_instance(
        pixels, classify, labels=(TARGET,), top_labels=None, num_samples=SAMPLES, batch_size=BATCH)
    yield "lime", [f"samples={SAMPLES}"], "lime", without_gradients(lime), 1
    shap = lambda: KernelShap(softmax).attribute(
        tensor, target=TARGET, feature_mask=torch.tensor(segmented())[None, None], n_samples=SAMPLES,
        perturbations_per_eval=BATCH)
    yield "kernel-shap", [f"samples={SAMPLES}"], "captum", without_gradients(shap), 1

    torch.Tensor.cuda = lambda self, *_: self
    sys.path.insert(0, str(rise_folder))
    from explanations import RISE

    def rise():
        explainer = RISE(softmax, (SIDE, SIDE), gpu_batch=BATCH)
        with tempfile.NamedTemporaryFile(suffix=".npy") as kept:
            explainer.generate_masks(MASKS, 8, 0.5, kept.name)
            explainer(tensor)

    yield "rise", [f"masks={MASKS}"], "RISE", without_gradients(rise), 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("rise", type=pathlib.Path)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    os.environ["TQDM_DISABLE"] = "1"
    print("| method | scorecam | public code | | ratio |\n|---|---|---|---|---|")
    for method, options, peer, run, rounds in peers(asked.rise):
        mine, theirs = ours(method, options, asked.threads, max(rounds, 3)), median_seconds(run, rounds)
        print(f"| `{method}` | {mine:.3f} s | {theirs:.3f} s | {peer} | {theirs / mine:.1f} |", flush=True)


if __name__ == "__main__":
    main()
