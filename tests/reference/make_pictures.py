"""Makes the pictures of tests/fixtures that phones make: one with the colours of Display P3, one in AVIF.

    .tools/python/bin/python tests/reference/make_pictures.py
"""

import struct
from pathlib import Path

from PIL import Image

FIXTURES = Path(__file__).parents[1] / "fixtures"
COLOUR = (200, 100, 50)

# Display P3's primaries adapted to D50, as the ICC's profile has them, and sRGB's curve.
COLORANTS = {"r": (0.51512, 0.24120, -0.00105), "g": (0.29198, 0.69225, 0.04189), "b": (0.15710, 0.06657, 0.78407)}
D50 = (0.9642, 1.0, 0.8249)
CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def fixed(*values):
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def text(words):
    encoded = words.encode("utf-16-be")
    return b"mluc" + struct.pack(">IIIHHII", 0, 1, 12, 0x656E, 0x5553, len(encoded), 28) + encoded


def profile():
    """An ICC profile of version 4: ICC.1:2022, a matrix and curves."""
    tags = {"desc": text("Display P3"), "cprt": text("CC0"), "wtpt": b"XYZ \0\0\0\0" + fixed(*D50)}
    for channel, xyz in COLORANTS.items():
        tags[f"{channel}XYZ"] = b"XYZ \0\0\0\0" + fixed(*xyz)
        tags[f"{channel}TRC"] = b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + fixed(*CURVE)
    start = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name.encode() + struct.pack(">II", start + len(data), len(content))
        data += content + b"\0" * (-len(content) % 4)
    header = struct.pack(">I4sI4s4s4s", start + len(data), b"\0" * 4, 0x04400000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + fixed(*D50)
    return header.ljust(128, b"\0") + table + data


picture = Image.new("RGB", (96, 64), COLOUR)
picture.save(FIXTURES / "display_p3.png", icc_profile=profile())
picture.save(FIXTURES / "orange.avif", quality=90)
