"""Writes pictures for the benchmark of whole folders: crops, turns and other exposures of the samples, the same on every machine.

    python tests/bench/make_folder.py OUT COUNT      a folder for each sample in OUT
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

SAMPLES = ["astronaut.png", "camera.png", "cat_and_coffee.jpg", "chelsea.png", "coffee.png", "grace_hopper.jpg", "rocket.jpg"]


def varied(picture: Image.Image, chance: np.random.Generator) -> Image.Image:
    """A part of at least four fifths of each side, perhaps mirrored, a little brighter or darker."""
    width, height = picture.size
    share = chance.uniform(0.8, 1.0, 2)
    side = int(width * share[0]), int(height * share[1])
    left, top = (int(chance.integers(0, whole - part + 1)) for whole, part in zip(picture.size, side))
    part = picture.crop((left, top, left + side[0], top + side[1]))
    if chance.random() < 0.5:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return ImageEnhance.Brightness(part).enhance(float(chance.uniform(0.8, 1.2)))


def main(out: Path, count: int) -> None:
    samples = Path(__file__).parents[2] / "www/samples"
    for number in range(count):
        sample = SAMPLES[number % len(SAMPLES)]
        picture = Image.open(samples / sample).convert("RGB")
        folder = out / Path(sample).stem
        folder.mkdir(parents=True, exist_ok=True)
        varied(picture, np.random.default_rng(number)).save(folder / f"{number:04d}.jpg", quality=92)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
