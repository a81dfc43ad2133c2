"""An ONNX file of an image classifier as a PyTorch module, operator by operator, for the references that need autograd."""

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F


def attributes(node):
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


def sides(pads):
    """ONNX's padding (top, left, bottom, right) as PyTorch's."""
    top, left, bottom, right = pads or (0, 0, 0, 0)
    return left, right, top, bottom


def convolution(x, weight, bias=None, **a):
    x = F.pad(x, sides(a.get("pads")))
    return F.conv2d(x, weight, bias, a.get("strides", 1), 0, a.get("dilations", 1), a.get("group", 1))


def largest(x, **a):
    x = F.pad(x, sides(a.get("pads")), value=-float("inf"))
    return F.max_pool2d(x, a["kernel_shape"], a.get("strides", 1), ceil_mode=bool(a.get("ceil_mode", 0)))


def average(x, **a):
    assert not any(a.get("pads", [])), "an average over padding"
    return F.avg_pool2d(x, a["kernel_shape"], a.get("strides", 1))


def gemm(x, weight, bias=None, **a):
    x = x.T if a.get("transA") else x
    made = a.get("alpha", 1.0) * x @ (weight.T if a.get("transB") else weight)
    return made if bias is None else made + a.get("beta", 1.0) * bias


OPERATORS = {
    "Add": lambda x, y: x + y,
    "AveragePool": average,
    "BatchNormalization": lambda x, w, b, m, v, **a: F.batch_norm(x, m, v, w, b, False, 0.0, a.get("epsilon", 1e-5)),
    "Cast": lambda x, to: x.float(),
    "Clip": lambda x, low=None, high=None, **a: torch.clamp(x, a.get("min", low), a.get("max", high)),
    "Concat": lambda *xs, axis: torch.cat(xs, axis),
    "Conv": convolution,
    "Dropout": lambda x, *_, **a: x,
    "Flatten": lambda x, axis=1: x.flatten(axis),
    "Gather": lambda x, index, axis=0: x.select(axis, int(index)) if index.ndim == 0 else x.index_select(axis, index),
    "Gemm": gemm,
    "GlobalAveragePool": lambda x: x.mean((2, 3), keepdim=True),
    "Identity": lambda x: x,
    "LRN": lambda x, size, alpha=1e-4, beta=0.75, bias=1.0: F.local_response_norm(x, size, alpha, beta, bias),
    "MatMul": lambda x, y: x @ y,
    "MaxPool": largest,
    "Mul": lambda x, y: x * y,
    "Relu": F.relu,
    "Reshape": lambda x, shape, **a: x.reshape(len(x), *shape.long().tolist()[1:]),
    "Shape": lambda x: torch.tensor(x.shape),
    "Softmax": lambda x, axis=-1: x.softmax(axis),
    "Unsqueeze": lambda x, axes: x.reshape(1) if x.ndim == 0 else x.unsqueeze(int(axes[0])),
}


class Torch(nn.Module):
    """`path` without a softmax at its end; the tensor called `layer` goes through the module `tap`, for hooks to hold on to."""

    def __init__(self, path, layer):
        super().__init__()
        graph = onnx.load(path).graph
        self.nodes, self.layer, self.tap = list(graph.node), layer, nn.Identity()
        # By which libraries find out the device.
        self.anchor = nn.Parameter(torch.zeros(0))
        if self.nodes[-1].op_type == "Softmax":
            self.nodes.pop()
        self.input, self.output = graph.input[0].name, self.nodes[-1].output[0]
        self.weights = {w.name: torch.tensor(np.array(numpy_helper.to_array(w))) for w in graph.initializer}
        for node in [node for node in self.nodes if node.op_type == "Constant"]:
            self.weights[node.output[0]] = torch.tensor(np.array(numpy_helper.to_array(attributes(node)["value"])))
            self.nodes.remove(node)

    def forward(self, x):
        made = {**self.weights, self.input: x}
        for node in self.nodes:
            inputs = [made[name] if name else None for name in node.input]
            made[node.output[0]] = OPERATORS[node.op_type](*inputs, **attributes(node))
            if node.output[0] == self.layer:
                made[self.layer] = self.tap(made[self.layer])
        return made[self.output].flatten(1)
