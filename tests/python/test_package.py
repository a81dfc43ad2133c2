"""The Python package against the references that the Rust tests are held to, and bad input."""

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import scorecam
from PIL import Image

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests/fixtures"
CHELSEA = ROOT / "www/samples/chelsea.png"
SQUEEZENET = ROOT / "../shared/models/squeezenet_v1.1.onnx"
TINY = {"width": 8, "height": 8, "range": "0..255", "mean": [127] * 3, "std": [128] * 3}


@pytest.fixture(scope="module")
def tiny():
    return scorecam.Network(FIXTURES / "tiny.onnx", labels=["ant", "bee", "sea cow", "dog", "elk"], **TINY)


@pytest.fixture(scope="module")
def efficientnet():
    return scorecam.Network.of_catalog(folder=ROOT / "models")


def test_every_recipe_gives_the_map_and_the_weights_of_the_reference(tiny):
    cases = json.loads((FIXTURES / "tiny.json").read_text())["recipes"]
    assert len(cases) == 30
    for case in cases:
        options = {"recipe": case["recipe"]}
        if case.get("columnwise") is not None:
            options["columnwise"] = case["columnwise"]
        found = tiny.explain(FIXTURES / "tiny.png", layer="first.relu", target=case["target"], **options)
        assert found.heatmap.dtype == np.float32
        np.testing.assert_allclose(found.heatmap.ravel(), case["heatmap"], atol=1e-4)
        np.testing.assert_allclose(found.report()["weights"], case["weights"], atol=1e-4, rtol=1e-4)


def test_chelsea_is_an_egyptian_cat_and_the_map_is_that_of_the_reference(efficientnet):
    expected = json.loads((FIXTURES / "chelsea.json").read_text())
    found = efficientnet.explain(CHELSEA)
    first = found.predictions[0]
    assert (first["index"], first["label"]) == (expected["target"], "Egyptian cat")
    assert abs(first["probability"] - expected["probability"]) < 0.005
    reference = np.load(FIXTURES / "chelsea.authors.npy")
    assert np.abs(found.heatmap - reference).max() <= 1e-4
    assert np.abs(np.array(found.report()["weights"]) - expected["weights"]).max() <= 1e-3
    # Another target from the same passes, by name or index, is what it would be from its own.
    again = found.for_target("tabby")
    assert np.array_equal(again.heatmap, found.for_target(281).heatmap)
    assert again.target["label"] == "tabby" and not np.array_equal(again.heatmap, found.heatmap)


@pytest.mark.skipif(not SQUEEZENET.exists(), reason="the file is not here")
@pytest.mark.parametrize("recipe", ["authors", "paper", "pytorch-grad-cam", "torchcam", "matlab"])
def test_squeezenet_gives_the_reference_s_map(recipe):
    network = scorecam.Network(
        SQUEEZENET, order="bgr", range="0..255", mean=[104, 117, 123], std=[1] * 3, resample="bilinear"
    )
    assert network.input["width"] == 227
    found = network.explain(CHELSEA, recipe=recipe, layer="conv10_relu_conv10").heatmap
    reference = np.load(FIXTURES / f"squeezenet.{recipe}.npy")
    assert np.corrcoef(found.ravel(), reference.ravel())[0, 1] >= 0.9999


def test_pixels_bytes_and_a_file_are_the_same_picture(efficientnet):
    ask = lambda picture: efficientnet.explain(picture, method="recipro-cam").heatmap
    of_file = ask(CHELSEA)
    pixels = np.asarray(Image.open(CHELSEA).convert("RGB"))
    assert np.array_equal(of_file, ask(CHELSEA.read_bytes())) and np.array_equal(of_file, ask(pixels))
    assert np.array_equal(of_file, ask(np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])))
    # Not copied on the way: every second row of something larger.
    assert np.array_equal(of_file, ask(np.repeat(pixels, 2, axis=0)[::2]))
    grey = np.asarray(Image.open(CHELSEA).convert("L"))
    assert np.array_equal(ask(grey), ask(np.stack([grey] * 3, axis=2)))


def test_deletion_and_insertion_are_those_of_rise_s_code(efficientnet):
    theirs = json.loads((FIXTURES / "measures.json").read_text())
    rows, columns = np.mgrid[0:224, 0:224]
    hill = np.exp(-(((columns - 90) / 45) ** 2 + ((rows - 120) / 60) ** 2) / 2) + np.arange(224 * 224).reshape(224, 224) * 1e-7
    hill = (hill - hill.min()) / (hill.max() - hill.min())
    found = scorecam.measure(efficientnet, CHELSEA, {"hill": hill}, target=theirs["target"], baselines=False)
    assert abs(found["score"] - theirs["score"]) < 1e-3
    numbers = {number["name"]: number["value"] for number in found["rows"][0]["numbers"]}
    for name, expected in theirs["rise"].items():
        assert abs(numbers[name] - expected["area"]) < 2e-3, name
    with_baselines = scorecam.measure(efficientnet, CHELSEA, {"hill": hill}, measures=["drop"])
    assert sum(row["isBaseline"] for row in with_baselines["rows"]) == 4


def test_a_map_beside_another_and_the_picture_s_own(tiny):
    found = tiny.explain(FIXTURES / "tiny.png", method="occlusion", window=4, stride=2)
    other = tiny.explain(FIXTURES / "tiny.png", layer="first.relu")
    told = found.measure({"score-cam": other, "flipped": found.heatmap[::-1]}, box=(0, 0, 4, 4), baselines=False)
    assert [row["name"] for row in told["rows"]] == ["occlusion", "score-cam", "flipped"]
    energy = {number["name"]: number["value"] for number in told["rows"][0]["numbers"]}["energy"]
    inside = found.heatmap[:4, :4].sum() / found.heatmap.sum()
    assert abs(energy - inside) < 1e-5
    assert set(other.stability()) == {"stability", "coherency", "complexity", "drop", "adcc"}
    assert other.overlay().shape == (8, 8, 3) and other.overlay(colour_map="turbo").dtype == np.uint8
    assert other.signed.shape == (8, 8) and other.record(expected="Sea_Cow")["expected"]["index"] == 2


def test_targets_are_classes_groups_and_contrasts(tiny):
    ask = lambda target: tiny.explain(FIXTURES / "tiny.png", target=target, layer="first.relu").target
    assert ask(None)["kind"] == "class" and ask("dog")["index"] == 3
    assert [one["index"] for one in ask({"group": ["bee", 3]})["classes"]] == [1, 3]
    assert ask({"difference": ("elk", "ant")})["against"][0]["index"] == 0
    assert [one["index"] for one in ask({"finer": "elk", "against": ["ant", 1]})["against"]] == [0, 1]
    assert len(ask({"finer": None})["against"]) == 3


def test_what_is_wrong_is_told_in_a_sentence(tiny, tmp_path):
    picture = FIXTURES / "tiny.png"
    cases = [
        (lambda: tiny.explain(b"no picture"), "picture-unknown-format", "not a picture that can be read"),
        (lambda: tiny.explain(picture, method="magic"), "method-unknown", "There are: score-cam"),
        (lambda: tiny.explain(picture, window=3), "method-option", "window"),
        (lambda: tiny.explain(picture, layer="third"), "layer-unknown", "third"),
        (lambda: tiny.explain(picture, target=9), "class-unknown", "There is no class 9"),
        (lambda: tiny.explain(picture, target={"group": []}), "target-empty", ""),
        (lambda: tiny.explain(picture, until=7), "options-unreadable", "from 0 to 1"),
        (lambda: scorecam.Network(b"no network"), "network-damaged", "ONNX"),
        (lambda: scorecam.Network(FIXTURES / "tiny.onnx", mean=[1, 2]), "options-unreadable", ""),
        (lambda: scorecam.measure(tiny, picture, {"a": np.zeros((3, 3))}), "map-size", "3 by 3"),
        (lambda: tiny.explain(picture).measure(measures=["beauty"]), "measure-unknown", "There are"),
        (lambda: tiny.explain(picture).overlay("mud"), None, "mud"),
    ]
    for ask, code, says in cases:
        with pytest.raises(scorecam.ScoreCamError) as raised:
            ask()
        assert says in str(raised.value) and raised.value.kind, str(raised.value)
        assert code in (None, raised.value.code), raised.value.code
    for ask in [
        lambda: tiny.explain(np.zeros((8, 8, 3))),
        lambda: tiny.explain(picture, target="yeti"),
        lambda: scorecam.measure(tiny, picture, {}),
        lambda: scorecam.Network.of_catalog("resnet"),
    ]:
        with pytest.raises(ValueError, match=r"\.$"):
            ask()
    with pytest.raises(FileNotFoundError):
        tiny.explain(tmp_path / "nowhere.png")


def test_the_lock_is_free_while_it_computes(efficientnet):
    counted, is_over = [0], threading.Event()

    def count():
        while not is_over.is_set():
            counted[0] += 1
            time.sleep(0.001)

    counter = threading.Thread(target=count)
    counter.start()
    began = time.monotonic()
    maps = [None, None]

    def explain(at):
        maps[at] = efficientnet.explain(CHELSEA, method="occlusion", window=64, stride=16).heatmap

    threads = [threading.Thread(target=explain, args=(at,)) for at in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    seconds = time.monotonic() - began
    is_over.set()
    counter.join()
    assert np.array_equal(*maps)
    # With the lock held it would have counted a few times; a busy machine lets it count less often than it could.
    assert counted[0] > 50 * seconds, f"{counted[0]} in {seconds:.1f} s"


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_an_interrupt_is_heard():
    code = f"""
import scorecam
network = scorecam.Network.of_catalog(folder={str(ROOT / "models")!r})
print("ready", flush=True)
network.explain({str(CHELSEA)!r}, method="rise", masks=20000)
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    time.sleep(1)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=20)
    assert "KeyboardInterrupt" in said


def test_methods_measures_and_networks_are_told_as_data():
    methods = {method["name"]: method for method in scorecam.methods()}
    assert len(methods) == 17 and next(iter(methods)) == "score-cam"
    assert {"deletion-insertion", "drop", "road", "energy"} == {measure["name"] for measure in scorecam.measures()}
    assert scorecam.catalog()[0]["name"] == "efficientnet_lite0"
    assert scorecam.colour_maps()[0] == "jet"
    version = (ROOT / "Cargo.toml").read_text().split('version = "')[1].split('"')[0]
    assert scorecam.__version__ == version
