"""The article's six topologies with seeded random weights: true layer widths, input sizes and operators.

Each follows the ONNX model zoo's file in opset and in what that exporter writes: batch normalisation unfolded and a
reshape by (0, -1) as MXNet has it, LRN, Dropout and a reshape to a constant batch as Caffe has it, Clip with bounds
as tensors as PyTorch has it. `width` is the factor by which layers are narrowed; with
`open_batch` a network takes any number of pictures, as a benchmark of batches needs it.
"""

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper


class Builder:
    """An ONNX graph that grows from the input; a tensor is known by its name."""

    def __init__(self, name, opset, seed, width=1.0, batch=1, classes=1000, open_batch=False):
        self.name, self.opset, self.width, self.classes = name, opset, width, classes
        self.batch = "N" if open_batch else batch
        self.random = np.random.default_rng(seed)
        self.nodes, self.weights, self.channels = [], [], {"data": 3}
        self.input = helper.make_tensor_value_info("data", TensorProto.FLOAT, [self.batch, 3, 224, 224])

    def scaled(self, channels):
        return max(8, int(channels * self.width) // 8 * 8)

    def weight(self, name, value, dtype=np.float32):
        self.weights.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def normal(self, name, shape, deviation):
        return self.weight(name, self.random.normal(size=shape) * deviation)

    def node(self, operator, inputs, output, channels=None, **attributes):
        inputs = [inputs] if isinstance(inputs, str) else inputs
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        self.channels[output] = self.channels[inputs[0]] if channels is None else channels
        return output

    def conv(self, x, channels, kernel, output, stride=1, pad=None, group=1, bias=True, gain=2.0, pads=None):
        source = self.channels[x]
        fan_in = source // group * kernel * kernel
        pad = kernel // 2 if pad is None else pad
        inputs = [x, self.normal(f"{output}.weight", (channels, source // group, kernel, kernel), np.sqrt(gain / fan_in))]
        if bias:
            inputs.append(self.normal(f"{output}.bias", channels, 0.1))
        return self.node("Conv", inputs, output, channels, kernel_shape=[kernel] * 2, strides=[stride] * 2,
                         pads=pads or [pad] * 4, group=group, dilations=[1, 1])

    def relu(self, x, output):
        return self.node("Relu", x, output)

    def batch_norm(self, x, output, gain=1.0):
        n = self.channels[x]
        parts = [self.weight(f"{output}.gamma", gain * self.random.uniform(0.8, 1.2, n)),
                 self.normal(f"{output}.beta", n, 0.1), self.normal(f"{output}.mean", n, 0.1),
                 self.weight(f"{output}.var", self.random.uniform(0.7, 1.3, n))]
        return self.node("BatchNormalization", [x, *parts], output, epsilon=1e-5)

    def max_pool(self, x, kernel, stride, output, pads=(0, 0, 0, 0), **attributes):
        return self.node("MaxPool", x, output, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=list(pads), **attributes)

    def gemm(self, x, size, output, source, deviation):
        weights = [self.normal(f"{output}.weight", (size, source), deviation), self.normal(f"{output}.bias", size, 0.1)]
        return self.node("Gemm", [x, *weights], output, size, transB=1)

    def dropout(self, x, output):
        return self.node("Dropout", x, output, **({"ratio": 0.5} if self.opset < 12 else {}))

    def reshape(self, x, shape, output):
        shape = [-1 if self.batch == "N" and size == 1 else size for size in shape]
        return self.node("Reshape", [x, self.weight(f"{output}.shape", shape, np.int64)], output)

    def finish(self, output):
        shape = helper.make_tensor_value_info(output, TensorProto.FLOAT, [None, self.classes])
        graph = helper.make_graph(self.nodes, self.name, [self.input], [shape], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], producer_name="scorecam-tests")
        model.ir_version = 7
        if model.ByteSize() < 2**30:
            checker.check_model(model)
        return model


def squeezenet(width=1.0, open_batch=False):
    b = Builder("squeezenet", 7, 11, width, open_batch=open_batch)

    def fire(x, squeeze, expand, name):
        x = b.relu(b.conv(x, b.scaled(squeeze), 1, f"{name}.squeeze"), f"{name}.squeeze.relu")
        sides = [b.relu(b.conv(x, b.scaled(expand), k, f"{name}.expand{k}"), f"{name}.expand{k}.relu") for k in (1, 3)]
        return b.node("Concat", sides, name, 2 * b.scaled(expand), axis=1)

    x = b.relu(b.conv("data", b.scaled(64), 3, "conv1", stride=2, pad=0), "relu_conv1")
    x = b.max_pool(x, 3, 2, "pool1")
    x = fire(fire(x, 16, 64, "fire2"), 16, 64, "fire3")
    x = b.max_pool(x, 3, 2, "pool3")
    x = fire(fire(x, 32, 128, "fire4"), 32, 128, "fire5")
    x = b.max_pool(x, 3, 2, "pool5")
    for name, squeeze, expand in (("fire6", 48, 192), ("fire7", 48, 192), ("fire8", 64, 256), ("fire9", 64, 256)):
        x = fire(x, squeeze, expand, name)
    x = b.dropout(x, "drop9")
    x = b.relu(b.conv(x, b.classes, 1, "last", gain=4), "last.relu")
    x = b.node("AveragePool", x, "pool10", kernel_shape=[13, 13], strides=[13, 13], pads=[0] * 4)
    return b.finish(b.reshape(x, [0, -1], "logits"))


def googlenet(width=1.0, open_batch=False):
    b = Builder("googlenet", 12, 12, width, open_batch=open_batch)

    def unit(x, channels, kernel, name, **options):
        return b.relu(b.conv(x, b.scaled(channels), kernel, f"{name}.conv", **options), name)

    def inception(x, name, one, three_reduce, three, five_reduce, five, pool):
        sides = [unit(x, one, 1, f"{name}.1x1"),
                 unit(unit(x, three_reduce, 1, f"{name}.3x3_reduce"), three, 3, f"{name}.3x3"),
                 unit(unit(x, five_reduce, 1, f"{name}.5x5_reduce"), five, 5, f"{name}.5x5"),
                 unit(b.max_pool(x, 3, 1, f"{name}.pool", (1, 1, 1, 1)), pool, 1, f"{name}.pool_proj")]
        return b.node("Concat", sides, f"{name}.output", sum(b.channels[side] for side in sides), axis=1)

    def pool(x, name):
        return b.max_pool(x, 3, 2, name, ceil_mode=1)

    x = unit("data", 64, 7, "conv1", stride=2, gain=2 / 70**2)
    x = b.node("LRN", pool(x, "pool1"), "norm1", size=5, alpha=1e-4, beta=0.75, bias=1.0)
    x = unit(unit(x, 64, 1, "conv2_reduce"), 192, 3, "conv2")
    x = pool(b.node("LRN", x, "norm2", size=5, alpha=1e-4, beta=0.75, bias=1.0), "pool2")
    x = inception(x, "3a", 64, 96, 128, 16, 32, 32)
    x = pool(inception(x, "3b", 128, 128, 192, 32, 96, 64), "pool3")
    x = inception(x, "4a", 192, 96, 208, 16, 48, 64)
    x = inception(x, "4b", 160, 112, 224, 24, 64, 64)
    x = inception(x, "4c", 128, 128, 256, 24, 64, 64)
    x = inception(x, "4d", 112, 144, 288, 32, 64, 64)
    x = pool(inception(x, "4e", 256, 160, 320, 32, 128, 128), "pool4")
    x = inception(x, "5a", 256, 160, 320, 32, 128, 128)
    x = inception(x, "5b", 384, 192, 384, 48, 128, 128)
    x = b.dropout(b.node("AveragePool", x, "pool5", kernel_shape=[7, 7], strides=[1, 1], pads=[0] * 4), "drop5")
    x = b.reshape(x, [1, b.channels[x]], "flat")  # a constant batch, as fixed-batch exports have it
    x = b.gemm(x, b.classes, "classifier", b.channels[x], 2 / np.sqrt(b.channels[x]))
    return b.finish(b.node("Softmax", x, "prob", axis=1))


def resnet18(width=1.0, open_batch=False):
    b = Builder("resnet18", 7, 13, width, open_batch=open_batch)

    def unit(x, channels, kernel, name, stride=1, gain=1.0):
        return b.batch_norm(b.conv(x, channels, kernel, f"{name}.conv", stride, bias=False), name, gain)

    def block(x, channels, stride, name):
        y = b.relu(unit(x, channels, 3, f"{name}.bn1", stride), f"{name}.relu1")
        y = unit(y, channels, 3, f"{name}.bn2", gain=0.4)
        if stride != 1 or b.channels[x] != channels:
            x = unit(x, channels, 1, f"{name}.bn_shortcut", stride, gain=0.7)
        return b.relu(b.node("Add", [x, y], f"{name}.plus"), f"{name}.relu")

    x = b.relu(unit("data", b.scaled(64), 7, "bn_first", 2), "relu_first")
    x = b.max_pool(x, 3, 2, "pool_first", (1, 1, 1, 1))
    for stage, channels in enumerate((64, 128, 256, 512), 1):
        for number in (1, 2):
            x = block(x, b.scaled(channels), 2 if number == 1 and stage > 1 else 1, f"stage{stage}.block{number}")
    features = b.channels[x]
    x = b.node("Flatten", b.node("GlobalAveragePool", x, "pool_last"), "flat")
    return b.finish(b.gemm(x, b.classes, "logits", features, 2 / np.sqrt(features)))


def mobilenetv2(width=1.0, open_batch=False):
    b = Builder("mobilenetv2", 12, 14, width, open_batch=open_batch, batch="batch_size")
    low, high = b.weight("zero", 0.0), b.weight("six", 6.0)

    def unit(x, channels, kernel, name, stride=1, group=1):
        return b.node("Clip", [b.conv(x, channels, kernel, f"{name}.conv", stride, group=group), low, high], name)

    def block(x, channels, stride, expansion, name):
        source = b.channels[x]
        y = x if expansion == 1 else unit(x, source * expansion, 1, f"{name}.expand")
        y = unit(y, b.channels[y], 3, f"{name}.depthwise", stride, group=b.channels[y])
        y = b.conv(y, channels, 1, f"{name}.project", gain=1.0)
        return b.node("Add", [x, y], name) if stride == 1 and source == channels else y

    x = unit("data", b.scaled(32), 3, "first", 2)
    settings = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    for stage, (expansion, channels, repeats, stride) in enumerate(settings, 1):
        for number in range(repeats):
            x = block(x, b.scaled(channels), stride if number == 0 else 1, expansion, f"stage{stage}.{number}")
    x = unit(x, b.scaled(1280), 1, "last")
    features = b.channels[x]
    x = b.node("GlobalAveragePool", x, "pool")
    # PyTorch's x.reshape(x.shape[0], -1), as it was exported then.
    batch = b.node("Gather", [b.node("Shape", x, "shape"), b.weight("first_axis", 0, np.int64)], "batch", axis=0)
    batch = b.node("Unsqueeze", batch, "batch_axis", axes=[0])
    shape = b.node("Concat", [batch, b.weight("rest", [-1], np.int64)], "flat_shape", axis=0)
    x = b.node("Reshape", [x, shape], "flat", features)
    return b.finish(b.gemm(x, b.classes, "logits", features, 2 / np.sqrt(features)))


def vgg16(width=1.0, open_batch=False):
    b = Builder("vgg16", 12, 15, width, open_batch=open_batch, batch="N")
    x = "data"
    for stage, (channels, repeats) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1):
        for number in range(1, repeats + 1):
            x = b.relu(b.conv(x, b.scaled(channels), 3, f"conv{stage}_{number}"), f"relu{stage}_{number}")
        x = b.max_pool(x, 2, 2, f"pool{stage}")
    source = b.channels[x] * 7 * 7
    x = b.node("Flatten", x, "flat")
    for name in ("fc6", "fc7"):
        size = b.scaled(4096)
        x = b.dropout(b.relu(b.gemm(x, size, name, source, np.sqrt(2 / source)), f"relu_{name}"), f"drop_{name}")
        source = size
    return b.finish(b.gemm(x, b.classes, "logits", source, 1.5 / np.sqrt(source)))


def alexnet(width=1.0, open_batch=False):
    b = Builder("alexnet", 12, 16, width, open_batch=open_batch)

    def norm(x, output):
        return b.node("LRN", x, output, size=5, alpha=1e-4, beta=0.75, bias=1.0)

    x = b.relu(b.conv("data", b.scaled(96), 11, "conv1", stride=4, pad=0, gain=2 / 70**2), "relu1")
    x = b.max_pool(norm(x, "norm1"), 3, 2, "pool1", (0, 0, 1, 1))
    x = b.relu(b.conv(x, b.scaled(256), 5, "conv2", group=2), "relu2")
    x = b.max_pool(norm(x, "norm2"), 3, 2, "pool2")
    x = b.relu(b.conv(x, b.scaled(384), 3, "conv3"), "relu3")
    x = b.relu(b.conv(x, b.scaled(384), 3, "conv4", group=2), "relu4")
    x = b.relu(b.conv(x, b.scaled(256), 3, "conv5", group=2), "relu5")
    x = b.max_pool(x, 3, 2, "pool5")
    source = b.channels[x] * 6 * 6
    x = b.reshape(x, [1, source], "flat")
    for name in ("fc6", "fc7"):
        size = b.scaled(4096)
        x = b.dropout(b.relu(b.gemm(x, size, name, source, np.sqrt(2 / source)), f"relu_{name}"), f"drop_{name}")
        source = size
    return b.finish(b.node("Softmax", b.gemm(x, b.classes, "fc8", source, 1.5 / np.sqrt(source)), "prob", axis=1))


# For each network: its maker, and the layer that is explained by default with its tensor before the activation function.
NETWORKS = {
    "squeezenet": (squeezenet, "last.relu", "last"),
    "googlenet": (googlenet, "5b.output", "5b.output"),
    "resnet18": (resnet18, "stage4.block2.relu", "stage4.block2.plus"),
    "mobilenetv2": (mobilenetv2, "last", "last.conv"),
    "vgg16": (vgg16, "relu5_3", "conv5_3"),
    "alexnet": (alexnet, "relu5", "conv5"),
}
