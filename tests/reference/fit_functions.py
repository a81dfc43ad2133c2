"""Finds the ratios of polynomials by which src/engine/steps/function.rs computes erf and tanh.

    python tests/reference/fit_functions.py

f(x) = x P(x^2) / Q(x^2) on [0, limit], Q(0) = 1: least squares of x P - f Q at Chebyshev's nodes, repeated with the weights 1 / Q
and larger ones where the error was large. Prints the coefficients, lowest power first, and the error in float32.
"""

import math

import numpy as np


def fit(function, limit, above, below, rounds=60):
    x = np.sort(limit * np.cos(np.pi * (np.arange(4000) + 0.5) / 8000))
    y, square = function(x), (x / limit) ** 2
    columns = [x * square**k for k in range(above + 1)] + [-y * square**k for k in range(1, below + 1)]
    columns = np.stack(columns, 1)
    ratio, spread = np.ones_like(x), np.ones_like(x)
    best = (np.inf, None, None)
    for _ in range(rounds):
        weights = ratio * spread
        found, *_ = np.linalg.lstsq(columns * weights[:, None], y * weights, rcond=1e-17)
        p, q = found[: above + 1], np.r_[1, found[above + 1 :]]
        denominator = np.polyval(q[::-1], square)
        error = np.abs(x * np.polyval(p[::-1], square) / denominator - y) / np.maximum(np.abs(y), 0.05)
        if error.max() < best[0]:
            powers = limit ** (2.0 * np.arange(max(len(p), len(q))))
            best = (error.max(), p / powers[: len(p)], q / powers[: len(q)])
        ratio = 1 / np.abs(denominator)
        spread *= (error / error.max() + 1e-3) ** 0.3
        spread /= spread.max()
    return best[1:]


def error_in_float32(function, limit, p, q, reach):
    x = np.linspace(-reach, reach, 400001).astype(np.float32)
    z = np.clip(x, np.float32(-limit), np.float32(limit))
    square = z * z

    def polynomial(coefficients):
        value = np.full_like(square, np.float32(coefficients[-1]))
        for coefficient in coefficients[-2::-1]:
            value = value * square + np.float32(coefficient)
        return value

    return np.abs(z * polynomial(p) / polynomial(q) - function(x.astype(float))).max()


for name, function, limit, above, below, reach in [
    ("erf", np.vectorize(math.erf), 3.9, 5, 5, 6),
    ("tanh", np.tanh, 8.4, 6, 3, 12),
]:
    p, q = fit(function, limit, above, below)
    print(name, "error in float32", error_in_float32(function, limit, p, q, reach))
    print("  above", [float(f"{value:.9g}") for value in p])
    print("  below", [float(f"{value:.9g}") for value in q])
