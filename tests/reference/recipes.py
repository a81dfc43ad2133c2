"""Score-CAM's recipes in NumPy, written from their description and independent of the Rust code.

A recipe takes the picture's 8-bit pixels at input size [H, W, 3], the layer's activations [K, h, w], a function from
8-bit or float pixels to the network's tensor and one from tensors to logits, and gives the heatmap [H, W] (`torchcam`
and `pytorch-grad-cam` sum at layer size and are resized as the last step). Everything is float64.
"""

import numpy as np


def interpolation_matrix(source, target, align_corners):
    """Bilinear interpolation of one axis as a matrix [target, source], as torch.nn.functional.interpolate has it."""
    matrix = np.zeros((target, source))
    for i in range(target):
        if align_corners:
            x = i * (source - 1) / (target - 1) if target > 1 else 0.0
        else:
            x = max((i + 0.5) * source / target - 0.5, 0.0)
        low = min(int(np.floor(x)), source - 1)
        high = min(low + 1, source - 1)
        matrix[i, low] += 1 - (x - low)
        matrix[i, high] += x - low
    return matrix


def resize(maps, size, align_corners=False):
    """Bilinear resize of the last two axes, without antialiasing."""
    rows = interpolation_matrix(maps.shape[-2], size[0], align_corners)
    columns = interpolation_matrix(maps.shape[-1], size[1], align_corners)
    return rows @ maps @ columns.T


def softmax(values, axis=-1):
    e = np.exp(values - values.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def scale(values, eps=0.0):
    """To [0, 1]; a constant becomes zeros."""
    span = values.max() - values.min() + eps
    return (values - values.min()) / span if span > 0 else np.zeros_like(values)


def scale_columns(values):
    """MATLAB's normalize(M, 'range'): every column by itself."""
    return np.stack([scale(column) for column in values.T], axis=1)


def is_constant(channel):
    return channel.max() == channel.min()


def masked_logits(masks, tensor, classify):
    return np.array([classify(tensor * mask) for mask in masks])


def target_score(logits, of_picture, wish, score):
    """A target's number of the logits: a group, a difference of two, or Finer-CAM's contrast with the three nearest."""
    values = softmax(logits) if score == "probability" else logits
    if "group" in wish:
        group = wish["group"]
        return values[group].sum() if score == "probability" else np.log(np.exp(logits[group]).sum())
    if "difference" in wish:
        first, second = wish["difference"]
        return values[first] - values[second]
    index = wish["finer"]
    nearest = [i for i in np.argsort(np.abs(of_picture - of_picture[index]), kind="stable") if i != index][:3]
    against = wish.get("against", nearest)
    weights = softmax(logits)[against]
    return (weights * (values[index] - values[against])).sum() / weights.sum()


def occlusion(pixels, to_tensor, classify, target, window, stride, fill="mean", score="probability"):
    """captum's Occlusion: the mean fall of the score over the windows that cover a pixel, of either sign."""
    of = lambda logits: softmax(logits)[target] if score == "probability" else logits[target]
    tensor = to_tensor(pixels)
    height, width = pixels.shape[:2]
    whole = of(classify(tensor))
    total, count = np.zeros((height, width)), np.zeros((height, width))
    starts = lambda length: range(0, stride * (1 + -(-max(length - window, 0) // stride)), stride)
    for top in starts(height):
        for left in starts(width):
            mask = np.ones((height, width))
            mask[top : top + window, left : left + window] = 0
            masked = tensor * mask if fill == "mean" else to_tensor(pixels * mask[..., None])
            total += (whole - of(classify(masked))) * (1 - mask)
            count += 1 - mask
    return total / count


def authors(pixels, activations, to_tensor, classify, target, score=None):
    """The code that the paper's authors published: probability of the masked tensor, constant maps skipped."""
    score = score or (lambda logits: softmax(logits)[target])
    tensor = to_tensor(pixels)
    size = pixels.shape[:2]
    weights = np.zeros(len(activations))
    total = np.zeros(size)
    for k, channel in enumerate(activations):
        if is_constant(channel):
            continue
        upsampled = resize(channel, size)
        weights[k] = score(classify(tensor * scale(upsampled)))
        total += weights[k] * upsampled
    return scale(np.maximum(total, 0)), weights


def paper(pixels, activations, to_tensor, classify, target):
    """Algorithm 1: increase in logit over a blank input, softmax over the channels."""
    tensor = to_tensor(pixels)
    size = pixels.shape[:2]
    kept = [k for k, channel in enumerate(activations) if not is_constant(channel)]
    upsampled = resize(activations[kept], size)
    logits = masked_logits([scale(u) for u in upsampled], tensor, classify)[:, target]
    weights = np.zeros(len(activations))
    weights[kept] = softmax(logits - classify(np.zeros_like(tensor))[target])
    return scale(np.maximum(np.tensordot(weights[kept], upsampled, 1), 0)), weights


def pytorch_grad_cam(pixels, activations, to_tensor, classify, target):
    """pytorch-grad-cam's ScoreCAM: aligned corners, logits, softmax over the channels, summed at layer size."""
    tensor = to_tensor(pixels)
    size = pixels.shape[:2]
    masks = [scale(u, 1e-8) for u in resize(activations, size, align_corners=True)]
    weights = softmax(masked_logits(masks, tensor, classify)[:, target])
    small = scale(np.maximum(np.tensordot(weights, activations, 1), 0))
    return scale(resize(small, size)), weights


def torchcam(pixels, activations, to_tensor, classify, target):
    """torchcam's ScoreCAM: scaled before upsampling, increase in logit over the picture, softmax over the channels."""
    tensor = to_tensor(pixels)
    size = pixels.shape[:2]
    masks = resize(np.stack([scale(channel, 1e-8) for channel in activations]), size)
    logits = masked_logits(masks, tensor, classify)[:, target]
    weights = softmax(logits - classify(tensor)[target])
    small = scale(np.maximum(np.tensordot(weights, activations, 1), 0))
    return scale(resize(small, size)), weights


def matlab(pixels, activations, to_tensor, classify, target, columnwise=True):
    """The article's code: 8-bit pixels are masked, probabilities go through a softmax over the channels."""
    size = pixels.shape[:2]
    scaled = scale_columns if columnwise else scale
    masks = np.stack([scaled(u) for u in resize(activations, size)])
    probabilities = []
    for mask in masks:
        # MATLAB rounds halves away from zero.
        masked = np.floor(pixels * mask.astype(np.float32)[..., None] + 0.5)
        probabilities.append(softmax(classify(to_tensor(masked)))[target])
    weights = softmax(np.array(probabilities) - softmax(classify(to_tensor(pixels)))[target])
    total = np.maximum(np.tensordot(weights, masks, 1), 0)
    return scaled(scale(total)), weights


RECIPES = {
    "authors": authors,
    "paper": paper,
    "pytorch-grad-cam": pytorch_grad_cam,
    "torchcam": torchcam,
    "matlab": matlab,
}
