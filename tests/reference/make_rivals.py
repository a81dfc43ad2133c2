"""What pytorch-grad-cam, Recipro-CAM's own code and torch.autograd make of the embedded network and of the six topologies.

    pip install torch grad-cam onnx onnxruntime pillow numpy
    git clone https://github.com/sybyun/ReciproCAM
    ./build.sh test                                            (makes target/networks)
    python tests/reference/make_rivals.py ReciproCAM

Writes tests/fixtures/rivals.json: for each network and picture the gradient of the target's logit by the default layer and by two before
it, as its norm and some of its values, and the maps of every method at layer size, before anything is rectified or scaled.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from pytorch_grad_cam import AblationCAM, EigenCAM, GradCAM, GradCAMPlusPlus, HiResCAM, LayerCAM, XGradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

from catalogue import opened, sample
from networks import NETWORKS
from torch_of_onnx import Torch

ROOT = Path(__file__).resolve().parents[2]
# As PNG: two decoders of JPEG differ by a grey level here and there.
PICTURES = ("chelsea.png", "coffee.png")
METHODS = {
    "grad-cam": GradCAM,
    "grad-cam-plus-plus": GradCAMPlusPlus,
    "xgrad-cam": XGradCAM,
    "layer-cam": LayerCAM,
    "hires-cam": HiResCAM,
    "eigen-cam": EigenCAM,
    "ablation-cam": AblationCAM,
}
SAMPLES = 40


def rounded(values):
    return [float(f"{value:.6g}") for value in np.ravel(values)]


def raw_map(method, model, tensor, target):
    """The map at layer size as the library makes it, before it rectifies and scales it."""
    seen = []
    cam = method(model=model, target_layers=[model.tap])
    make = cam.get_cam_image

    def kept(*arguments, **named):
        seen.append(make(*arguments, **named)[0])
        return seen[-1][None]

    cam.get_cam_image = kept
    cam(input_tensor=tensor.clone().requires_grad_(), targets=[ClassifierOutputTarget(target)])
    return seen[0]


def gradient_at(path, layer, tensor, target):
    model = Torch(path, layer)
    held = []
    model.tap.register_forward_hook(lambda _, __, output: held.append(output))
    logits = model(tensor.requires_grad_())
    gradient = torch.autograd.grad(logits[0, target], held[0])[0][0].double().numpy()
    at = np.random.default_rng(3).choice(gradient.size, SAMPLES, replace=False)
    nonzero = np.flatnonzero(gradient.ravel())
    at = np.concatenate([at, np.random.default_rng(4).choice(nonzero, min(SAMPLES, len(nonzero)), replace=False)])
    return {"layer": layer, "norm": float(np.linalg.norm(gradient)), "at": at.tolist(), "values": rounded(gradient.ravel()[at])}


def earlier_layers(path, layer):
    """Two layers before it that an activation function makes."""
    made = [n.output[0] for n in Torch(path, layer).nodes if n.op_type in ("Relu", "Clip")]
    made = made[: made.index(layer)] if layer in made else made[:-1]
    return [made[len(made) // 3], made[2 * len(made) // 3]]


def recipro_cam(folder, model, tensor, target):
    sys.path.insert(0, str(folder / "src"))
    from recipro_cam import ReciproCam

    cam = ReciproCam(torch.nn.Sequential(torch.nn.Conv2d(3, 3, 1)), torch.device("cpu"))
    sides = []

    def cells(_, __, output):
        sides.append(output.shape[1:])
        return cam._mosaic_feature(output, *output.shape[1:])

    model.tap.register_forward_hook(cells)
    with torch.no_grad():
        scores = model(tensor).softmax(1)
    return cam._get_class_activaton_map(scores, target, *sides[0][1:]).numpy()


def make(name, folder):
    path, layer, session = opened(name)
    for picture in PICTURES:
        plain = session.to_tensor(sample(picture))
        tensor = torch.tensor(plain[None], dtype=torch.float32)
        logits = session.classify(plain)
        target = int(logits.argmax())
        model = Torch(path, layer).eval()
        theirs = model(tensor)[0].detach().double().numpy()
        assert np.abs(theirs - logits).max() < 1e-3 * np.abs(logits).max(), name
        maps = {method: rounded(raw_map(make, model, tensor, target)) for method, make in METHODS.items()}
        maps["recipro-cam"] = rounded(recipro_cam(folder, Torch(path, layer).eval(), tensor, target))
        layers = [layer, *earlier_layers(path, layer)]
        gradients = [gradient_at(path, at, tensor.clone(), target) for at in layers]
        print(name, picture, target, f"{logits[target]:.2f}", layers, flush=True)
        yield {"network": name, "picture": picture, "target": target, "logit": float(logits[target]), "layer": layer,
               "gradients": gradients, "maps": maps}


if __name__ == "__main__":
    torch.manual_seed(0)
    cases = [case for name in ("efficientnet_lite0", *NETWORKS) for case in make(name, Path(sys.argv[1]))]
    text = ",\n".join(json.dumps(case) for case in cases)
    (ROOT / "tests" / "fixtures" / "rivals.json").write_text(f"[\n{text}\n]\n")
