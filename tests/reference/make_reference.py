"""Makes the expected numbers under tests/fixtures with NumPy and onnxruntime.

    pip install -r tests/reference/requirements.txt
    python tests/reference/make_reference.py           # all
    python tests/reference/make_reference.py squeezenet squeezenet_v1.1.onnx   # where that file is at hand
    python tests/reference/make_reference.py tiny      # only the tiny network and the pictures, in a second
"""

import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from onnx_session import Network, rounded
from recipes import RECIPES, occlusion, softmax, target_score

ROOT = Path(__file__).parent.parent.parent
FIXTURES = ROOT / "tests" / "fixtures"


def make_tiny_network(path):
    """Three layers: 3x3 stride 2 convolution, ReLU, 1x1 convolution, ReLU, mean, fully connected: 8x8 -> 5 classes.

    The first layer has a dead channel (constant zero after ReLU), so what recipes do with it shows.
    """
    random = np.random.default_rng(20191001)
    draw = lambda *shape: (random.normal(size=shape) * 0.5).astype(np.float32)
    first = draw(6, 3, 3, 3)
    first_bias = draw(6)
    first[4], first_bias[4] = 0, -1  # the dead channel
    weights = {
        "first.weight": first, "first.bias": first_bias,
        "second.weight": draw(4, 6, 1, 1), "second.bias": draw(4),
        "logits.weight": draw(5, 4) * 3, "logits.bias": draw(5),
    }
    nodes = [
        helper.make_node("Conv", ["input", "first.weight", "first.bias"], ["first"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["first"], ["first.relu"]),
        helper.make_node("Conv", ["first.relu", "second.weight", "second.bias"], ["second"]),
        helper.make_node("Relu", ["second"], ["second.relu"]),
        helper.make_node("GlobalAveragePool", ["second.relu"], ["pool"]),
        helper.make_node("Flatten", ["pool"], ["features"]),
        helper.make_node("Gemm", ["features", "logits.weight", "logits.bias"], ["logits"], transB=1),
    ]
    graph = helper.make_graph(
        nodes, "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 5])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="scorecam")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))
    y, x = np.mgrid[0:8, 0:8]
    pixels = np.stack([x * 30 + y * 4, 255 - y * 31, (x * y * 5 + 40) % 256], axis=2).astype(np.uint8)
    Image.fromarray(pixels).save(path.with_suffix(".png"))
    return pixels


def tiny():
    path = FIXTURES / "tiny.onnx"
    pixels = make_tiny_network(path)
    network = Network(path, "first.relu", mean=127, std=128)
    tensor = network.to_tensor(pixels)
    activations = network.activations(tensor)
    logits = network.classify(tensor)
    expected = {"logits": rounded(logits), "probabilities": rounded(softmax(logits)),
                "activations": rounded(activations), "recipes": []}
    for name, recipe in RECIPES.items():
        options = [True, False] if name == "matlab" else [None]
        for columnwise in options:
            extra = {} if columnwise is None else {"columnwise": columnwise}
            for target in range(len(logits)):
                heatmap, weights = recipe(pixels, activations, network.to_tensor, network.classify, target, **extra)
                expected["recipes"].append({"recipe": name, **extra, "target": target,
                                            "heatmap": rounded(heatmap), "weights": rounded(weights)})
    expected["occlusion"] = []
    for options in [{"window": 3, "stride": 2}, {"window": 4, "stride": 3, "fill": "black"}, {"window": 3, "stride": 1, "score": "logit"}]:
        for target in range(len(logits)):
            signed = occlusion(pixels, network.to_tensor, network.classify, target, **options)
            expected["occlusion"].append({"options": options, "target": target, "signed": rounded(signed)})
    expected["targets"] = []
    authors = RECIPES["authors"]
    for wish in [{"group": [0, 3]}, {"difference": [2, 4]}, {"finer": 1, "against": [0, 2]}, {"finer": 3}]:
        for score in ["probability", "logit"]:
            of = lambda found: target_score(found, logits, wish, score)
            heatmap, weights = authors(pixels, activations, network.to_tensor, network.classify, 0, score=of)
            expected["targets"].append({"wish": wish, "score": score, "picture": float(of(logits)),
                                        "heatmap": rounded(heatmap), "weights": rounded(weights)})
    (FIXTURES / "tiny.json").write_text(json.dumps(expected) + "\n")


def chelsea():
    network = Network(ROOT / "models" / "efficientnet_lite0.onnx", "head.relu6", mean=127, std=128)
    picture = Image.open(ROOT / "www" / "samples" / "chelsea.png").convert("RGB")
    pixels = np.asarray(picture.resize((224, 224), Image.Resampling.BILINEAR))
    tensor = network.to_tensor(pixels)
    probabilities = softmax(network.classify(tensor))
    target = int(probabilities.argmax())
    heatmap, weights = RECIPES["authors"](pixels, network.activations(tensor), network.to_tensor, network.classify, target)
    np.save(FIXTURES / "chelsea.authors.npy", heatmap.astype(np.float32))
    expected = {"target": target, "probability": float(probabilities[target]),
                "resized_crc32": zlib.crc32(pixels.tobytes()), "weights": rounded(weights)}
    (FIXTURES / "chelsea.json").write_text(json.dumps(expected) + "\n")


def resampled():
    """What Pillow makes of a picture: every filter, shrinking, growing and cut out of the whole as torchvision does it."""
    picture = Image.open(ROOT / "www" / "samples" / "chelsea.png").convert("RGB")
    cases = []
    for name in ["nearest", "bilinear", "bicubic", "lanczos"]:
        resample = Image.Resampling[name.upper()]
        for width, height in [(224, 224), (227, 227), (600, 97), (31, 512)]:
            made = picture.resize((width, height), resample)
            cases.append({"resample": name, "width": width, "height": height, "resize": "stretch", "crop": 1.0,
                          "crc32": zlib.crc32(np.asarray(made).tobytes())})
        for side, short in [(224, 256), (224, 232), (299, 342)]:
            # torchvision's Resize(short) and CenterCrop(side)
            width, height = picture.size
            whole = (int(short * width / height), short) if width > height else (short, int(short * height / width))
            left, top = round((whole[0] - side) / 2.0), round((whole[1] - side) / 2.0)
            made = picture.resize(whole, resample).crop((left, top, left + side, top + side))
            cases.append({"resample": name, "width": side, "height": side, "resize": "crop", "crop": side / short,
                          "crc32": zlib.crc32(np.asarray(made).tobytes())})
    (FIXTURES / "resampled.json").write_text(json.dumps(cases) + "\n")


def pictures():
    """Pictures that test what decoders do: an animation, an EXIF orientation, a header that lies about its size."""
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    frames[0].save(FIXTURES / "animated.gif", save_all=True, append_images=frames[1:], duration=100)
    rotated = Image.new("RGB", (32, 16), "red")
    rotated.paste((0, 0, 255), (16, 0, 32, 16))
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees clockwise
    rotated.save(FIXTURES / "rotated.jpg", exif=exif, quality=95)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    (FIXTURES / "bomb.png").write_bytes(bomb)


def squeezenet(path):
    """SqueezeNet 1.1 with its real weights at the article's layer conv10, in Caffe's preprocessing."""
    network = Network(path, "conv10_relu_conv10", mean=(104, 117, 123), std=(1, 1, 1), order="bgr")
    picture = Image.open(ROOT / "www" / "samples" / "chelsea.png").convert("RGB")
    pixels = np.asarray(picture.resize((227, 227), Image.Resampling.BILINEAR))
    tensor = network.to_tensor(pixels)
    activations = network.activations(tensor)
    probabilities = softmax(network.classify(tensor))
    target = int(probabilities.argmax())
    for name, recipe in RECIPES.items():
        heatmap, _ = recipe(pixels, activations, network.to_tensor, network.classify, target)
        np.save(FIXTURES / f"squeezenet.{name}.npy", heatmap.astype(np.float32))
    # The article's code resamples as MATLAB's imresize does.
    pixels = np.asarray(picture.resize((227, 227), Image.Resampling.BICUBIC))
    tensor = network.to_tensor(pixels)
    heatmap, _ = RECIPES["matlab"](pixels, network.activations(tensor), network.to_tensor, network.classify, target)
    np.save(FIXTURES / "squeezenet.matlab.bicubic.npy", heatmap.astype(np.float32))
    expected = {"target": target, "probability": float(probabilities[target])}
    (FIXTURES / "squeezenet.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["squeezenet"]:
        squeezenet(sys.argv[2])
        sys.exit()
    pictures()
    resampled()
    tiny()
    if sys.argv[1:] != ["tiny"]:
        chelsea()
