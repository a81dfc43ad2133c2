"""Copies the sample pictures out of the packages that ship them and makes the one that has two objects.

    pip install scikit-image==0.26.0 matplotlib==3.11.2 pillow==13.0.0
    python www/samples/make_samples.py
"""

import shutil
from pathlib import Path

import matplotlib
import skimage
from PIL import Image

HERE = Path(__file__).parent
SKIMAGE = Path(skimage.__file__).parent / "data"
MATPLOTLIB = Path(matplotlib.get_data_path()) / "sample_data"

for name in ("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "rocket.jpg"):
    shutil.copyfile(SKIMAGE / name, HERE / name)
shutil.copyfile(MATPLOTLIB / "grace_hopper.jpg", HERE / "grace_hopper.jpg")

# Two objects of different classes side by side: the cat's face on the left, the cup on the right, each 300 x 300.
both = Image.new("RGB", (600, 300))
both.paste(Image.open(HERE / "chelsea.png").crop((60, 0, 360, 300)), (0, 0))
cup = Image.open(HERE / "coffee.png").crop((130, 0, 530, 400))
both.paste(cup.resize((300, 300), Image.Resampling.LANCZOS), (300, 0))
both.save(HERE / "cat_and_coffee.jpg", quality=92)

# What the page shows of each before it is chosen, in its order: one file instead of seven.
SIDE = 160
ORDER = ("chelsea.png", "cat_and_coffee.jpg", "coffee.png", "camera.png", "astronaut.png", "grace_hopper.jpg", "rocket.jpg")
strip = Image.new("RGB", (SIDE * len(ORDER), SIDE))
for place, name in enumerate(ORDER):
    picture = Image.open(HERE / name).convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    strip.paste(square, (SIDE * place, 0))
strip.save(HERE / "thumbnails.jpg", quality=80)
