"""What ViT-CX's own code makes of the narrow vision transformer of make_exports.py: tests/fixtures/vit_cx.json.

    pip install torch torchvision scikit-learn scipy onnx onnxruntime numpy pillow
    git clone https://github.com/vaynexie/CausalX-ViT
    python tests/reference/make_vit_cx.py CausalX-ViT

Its files are run as they are. What they ask of a graphics card is answered by the processor, and scikit-learn is called by the
name that it has today for `affinity`. Its noise is drawn by PyTorch, so the exact comparison is without noise; with it, the mean and
the spread of a hundred runs are kept, which a hundred seeds of ours must come as near to as chance allows.
"""

import json
import sys
import types
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from PIL import Image
from torchvision.models import VisionTransformer

FIXTURES = Path(__file__).parent.parent / "fixtures"
SIDE, PATCH, CLASSES = 32, 8, 5
#: The distance that joins maps, and the classes that are asked for.
CASES = [(0.1, range(CLASSES)), (0.02, [0]), (0.4, [0])]
RUNS = 100


def network():
    """The network of vit_torchscript.onnx, drawn anew as make_exports.py draws it."""
    torch.manual_seed(3)
    made = VisionTransformer(SIDE, PATCH, 2, 2, 16, 32, num_classes=CLASSES).eval()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, 0.0, 0.3) if parameter.ndim > 1 else parameter.data.add_(0.01 * torch.randn_like(parameter))
    # What the exporter multiplies with it has transposed, under other names; the rest must be the same.
    stored = {w.name: numpy_helper.to_array(w) for w in onnx.load(FIXTURES / "exports" / "vit_torchscript.onnx").graph.initializer}
    for name, value in made.named_parameters():
        if name in stored and not np.allclose(value.detach(), stored[name], atol=1e-6):
            raise SystemExit(f"{name} is not what the exported network has: run make_exports.py again")
    return made


def load(folder):
    """Its function, on the processor."""
    torch.Tensor.cuda = lambda self, *_: self
    torch.nn.Module.cuda = lambda self, *_: self
    for name in ["ttach", "cv2", "skimage", "skimage.transform", "cam.utils.svd_on_activations"]:
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["skimage.transform"].resize = None
    sys.modules["cv2"].resize = lambda image, _: image
    sys.modules["cv2"].COLORMAP_JET = 2
    sys.path[:0] = [str(folder / "ViT_CX")]
    import ViT_CX
    from sklearn.cluster import AgglomerativeClustering

    ViT_CX.AgglomerativeClustering = lambda affinity, **given: AgglomerativeClustering(metric=affinity, **given)
    return ViT_CX.ViT_CX


def main():
    explain = load(Path(sys.argv[1]))
    model = network()
    pixels = Image.open(FIXTURES.parent.parent / "www" / "samples" / "chelsea.png").convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    pixels = np.asarray(pixels)
    # As the tests' network takes it: mean and deviation of one half.
    picture = (torch.tensor(pixels.astype(np.float32)).permute(2, 0, 1)[None] / 255 - 0.5) / 0.5
    with torch.no_grad():
        logits = model(picture)[0]
    layer = model.encoder.layers[-1].ln_1
    reshape = lambda tensor: tensor[:, 1:, :].reshape(len(tensor), SIDE // PATCH, SIDE // PATCH, -1).permute(0, 3, 1, 2)
    asked = lambda target, distance: explain(model, picture, layer, target, distance, reshape)
    # Where no mask reaches, theirs is zero over zero: null.
    rounded = lambda values: [None if np.isnan(value) else float(f"{value:.5g}") for value in np.asarray(values, np.float64).flatten()]
    drawn = torch.randn
    made = {"side": SIDE, "pixels": pixels.flatten().tolist(), "logits": rounded(logits), "still": [], "noisy": []}
    torch.randn = lambda *shape, **given: torch.zeros(*shape, **given)
    for distance, targets in CASES:
        for target in targets:
            made["still"].append({"distance": distance, "target": target, "map": rounded(asked(target, distance))})
    torch.randn = drawn
    torch.manual_seed(0)
    for target in [0, 3]:
        runs = np.stack([asked(target, CASES[0][0]) for _ in range(RUNS)])
        made["noisy"].append({"target": target, "mean": rounded(runs.mean(0)), "deviation": rounded(runs.std(0, ddof=1))})
    (FIXTURES / "vit_cx.json").write_text(json.dumps(made) + "\n")


main()
