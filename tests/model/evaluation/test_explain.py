from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from livecam.errors import SourceError
from livecam.types import CROP_SIZE, LANDMARKS
from model.checkpoint import RatedNetwork
from model.data.dataset import Target, load_dataset
from model.evaluation.adversarial import MAX_STEPS, STEP, fool
from model.evaluation.explain import Example, draw, fool_command, fool_pictures, saliency_command, saliency_pictures
from model.evaluation.saliency import Method, class_score, face_masks, overlay, saliency_maps, share_on_face
from model.heads import HeadName
from model.training.settings import Settings
from model.training.train import train
from tests.model.factories import mixed_ratings, use_tiny_backbone, write_dataset

FIVE = ("1", "2", "3", "4", "5")


class Looker(nn.Module):
    """A backbone that sees only the upper left quarter, with a layer4 for Grad-CAM."""

    def __init__(self) -> None:
        super().__init__()
        self.resnet = nn.Module()
        torch.manual_seed(0)
        self.resnet.layer4 = nn.Conv2d(3, 512, 1)

    def forward(self, crops: Tensor) -> Tensor:
        pixels = crops.permute(0, 3, 1, 2).float() / 255
        quarter = torch.zeros_like(pixels)
        half = CROP_SIZE // 2
        quarter[:, :, :half, :half] = pixels[:, :, :half, :half]
        seen = functional.avg_pool2d(quarter, 32)
        return cast(Tensor, self.resnet.get_submodule("layer4")(seen).relu().mean(dim=(2, 3)))


@pytest.fixture
def looker(monkeypatch: pytest.MonkeyPatch) -> RatedNetwork:
    return make_network(monkeypatch)


def make_network(monkeypatch: pytest.MonkeyPatch, head: HeadName = HeadName.CROSS_ENTROPY) -> RatedNetwork:
    monkeypatch.setattr("model.checkpoint.Backbone", Looker)
    network = RatedNetwork(head, Target.RATING).eval()
    torch.manual_seed(1)
    for parameter in network.head.parameters():  # a new head says the same of everything
        nn.init.normal_(parameter, std=1.0)
    with torch.no_grad():
        network.eyes.weight.zero_()
        network.eyes.bias.fill_(-10)  # open
    return network


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(60, 200, (CROP_SIZE, CROP_SIZE, 3), np.uint8)


def box(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """Landmarks on the edge of a box, (478, 2)."""
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)
    return corners[np.arange(LANDMARKS) % 4]


@pytest.mark.slow
@pytest.mark.parametrize("method", Method)
def test_the_map_lies_where_the_network_looks(looker: RatedNetwork, method: Method) -> None:
    crops = np.stack([noise(0), noise(1)])
    maps = saliency_maps(looker, crops, np.array([0, 4]), method)
    assert maps.shape == (2, CROP_SIZE, CROP_SIZE)
    assert maps.min() >= 0
    masks = np.zeros((2, CROP_SIZE, CROP_SIZE), bool)
    masks[:, : CROP_SIZE // 2, : CROP_SIZE // 2] = True
    # Grad-CAM sees biases where nothing is, and is smeared by enlarging it.
    least = 0.3 if method is Method.GRADCAM else 1.0
    shares = share_on_face(maps, masks)
    assert (shares[np.isfinite(shares)] >= least).all()


@pytest.mark.parametrize("head", HeadName)
def test_every_head_can_be_asked(monkeypatch: pytest.MonkeyPatch, head: HeadName) -> None:
    network = make_network(monkeypatch, head)
    maps = saliency_maps(network, noise()[None], np.array([2]), Method.GRADIENT)
    assert maps.sum() > 0


def test_of_a_head_that_knows_an_order_a_lower_class_is_asked_for_downwards(monkeypatch: pytest.MonkeyPatch) -> None:
    network = make_network(monkeypatch, HeadName.CORAL)
    with torch.no_grad():
        cast(nn.Linear, network.head.inner.get_submodule("weight")).weight.zero_()
        cast(Tensor, network.head.inner.bias).copy_(torch.tensor([3.0, 1.0, -1.0, -2.0]))  # so it sees class 2
    scores = class_score(network)(torch.from_numpy(noise()[None]).float())[0]
    assert scores.tolist() == pytest.approx([-0.25, -0.25, 0.25, 0.25, 0.25])


@pytest.mark.slow
def test_smoothgrad_gives_the_same_map_twice_and_leaves_chance_as_it_was(looker: RatedNetwork) -> None:
    torch.manual_seed(7)
    first = saliency_maps(looker, noise()[None], np.array([1]), Method.SMOOTHGRAD, seed=3)
    after = torch.rand(1)
    again = saliency_maps(looker, noise()[None], np.array([1]), Method.SMOOTHGRAD, seed=3)
    np.testing.assert_array_equal(first, again)
    torch.manual_seed(7)
    assert torch.rand(1) == after


def test_the_share_on_the_face_is_that_of_the_map_and_not_of_the_area() -> None:
    maps = np.zeros((2, CROP_SIZE, CROP_SIZE), np.float32)
    maps[0, 10, 10], maps[0, 200, 200] = 3, 1
    masks = face_masks(np.stack([box(0, 0, 100, 100)] * 2))
    shares = share_on_face(maps, masks)
    assert shares[0] == pytest.approx(0.75)
    assert np.isnan(shares[1])  # an empty map lies nowhere
    assert masks[0].mean() == pytest.approx((101 / CROP_SIZE) ** 2)


def test_an_overlay_glows_where_the_map_is_high() -> None:
    grey = np.full((CROP_SIZE, CROP_SIZE, 3), 100, np.uint8)
    hot = np.zeros((CROP_SIZE, CROP_SIZE), np.float32)
    hot[50:100, 50:100] = 1
    shown = overlay(grey, hot)
    assert shown[75, 75].sum() > 2 * shown[150, 150].sum()


def see_brightness(network: RatedNetwork, crop: np.ndarray) -> None:
    """Let a network call crop a 3, and what is a little brighter where it looks a 5."""
    linear = cast(nn.Linear, network.head.inner.get_submodule("linear"))
    with torch.no_grad():
        linear.weight.zero_()
        linear.bias.zero_()
        linear.weight[4] = 1
        linear.bias[2] = 1.005 * network.backbone(torch.from_numpy(crop)[None]).sum()


def see_closed_eyes(network: RatedNetwork, crop: np.ndarray) -> None:
    """Let a network see the left eye closed in crop, and open in what is a little darker in red where it looks."""
    with torch.no_grad():
        layer = cast(nn.Conv2d, network.backbone.resnet.get_submodule("layer4"))
        layer.weight[0] = torch.tensor([1.0, 0.0, 0.0])[:, None, None]
        cast(Tensor, layer.bias)[0] = 0.0
        network.eyes.weight[0, 0] = 2000
        network.eyes.bias[0] = -1990 * network.backbone(torch.from_numpy(crop)[None])[0, 0]


def test_what_closed_eyes_decide_is_explained_by_what_closes_them(looker: RatedNetwork) -> None:
    see_closed_eyes(looker, noise())
    (found,) = saliency_maps(looker, noise()[None], np.array([0]), Method.GRADIENT)
    seen = found[: CROP_SIZE // 2, : CROP_SIZE // 2]
    assert (
        seen.std() < 1e-3 * seen.mean()
    )  # the same of each pixel, as the mean is; the head's is another for each colour
    with torch.no_grad():
        cast(nn.Linear, looker.head.inner.get_submodule("linear")).weight.mul_(3)
    (again,) = saliency_maps(looker, noise()[None], np.array([0]), Method.GRADIENT)
    np.testing.assert_array_equal(found, again)  # the head has no part in it


def test_to_be_called_a_5_closed_eyes_are_opened(looker: RatedNetwork) -> None:
    crop = noise()
    see_brightness(looker, crop)
    see_closed_eyes(looker, crop)
    found = fool(looker, crop, 4)
    assert (found.before, found.after) == (0, 4)


def test_a_picture_is_changed_until_its_8_bit_copy_fools(looker: RatedNetwork) -> None:
    crop = noise()
    see_brightness(looker, crop)
    found = fool(looker, crop, 4)
    assert found.reached
    assert (found.before, found.after) == (2, 4)
    assert 1 < found.steps < MAX_STEPS
    assert found.picture.dtype == np.uint8
    with torch.inference_mode():
        again = int(looker.head.choose(looker(torch.from_numpy(found.picture)[None])[0])[0])
    assert again == found.after
    assert found.linf == np.abs(found.picture.astype(int) - crop).max() > 0
    assert found.l2 == pytest.approx(np.linalg.norm(found.picture.astype(float) - crop))
    assert found.l2 <= 1.5 * STEP * found.steps  # rounding adds to it
    at = np.unravel_index(np.abs(found.change).argmax(), found.change.shape)
    assert found.magnified[at] == np.clip(128 + 50 * found.change[at], 0, 255)
    assert not found.change[CROP_SIZE // 2 :].any()  # what is not seen is not touched


@pytest.mark.slow
def test_a_picture_that_is_there_already_is_left_alone(looker: RatedNetwork) -> None:
    crop = noise()
    seen = fool(looker, crop, 0).before
    found = fool(looker, crop, seen)
    assert (found.reached, found.steps) == (True, 0)
    assert found.l2 == 0


@pytest.mark.slow
def test_a_class_that_cannot_be_reached_is_given_up(looker: RatedNetwork) -> None:
    head = cast(nn.Linear, looker.head.inner.get_submodule("linear"))
    with torch.no_grad():
        head.bias[4] = -1e6
    found = fool(looker, noise(), 4)
    assert not found.reached
    assert found.steps <= MAX_STEPS


@pytest.mark.slow
def test_the_pictures_and_their_numbers(looker: RatedNetwork) -> None:
    crop = noise()
    see_brightness(looker, crop)
    examples = [Example("a.jpg", crop, box(0, 0, 111, 111), true=0, predicted=4)]
    image, (numbers,) = saliency_pictures(looker, examples, FIVE)
    assert numbers["true"] == "1"
    assert numbers["predicted"] == "5"
    shares = cast(dict[str, float], numbers["on_face"])
    assert shares["gradient"] == shares["smoothgrad"] == pytest.approx(1, abs=1e-4)
    assert numbers["face_area"] == pytest.approx(0.25)
    shown = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape[1] > 3 * shown.shape[0] / 2  # four pictures beside each other
    image, (numbers,) = fool_pictures(looker, examples, FIVE)
    assert numbers["seen_after"] == "5"
    assert numbers["reached"] is True
    json.dumps(numbers)


def test_photos_are_drawn_from_each_class_by_seed() -> None:
    classes = np.array([0, 0, 0, 3, 3, 3, 4, -1])
    rows = np.arange(7)
    first = draw(classes, rows, 2, seed=0)
    assert list(classes[first]) == [0, 0, 3, 3, 4]
    assert list(first) == list(draw(classes, rows, 2, seed=0))
    assert any(list(draw(classes, rows, 2, seed=s)) != list(first) for s in range(1, 9))


def test_a_folder_that_is_no_data_set_is_a_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no prepared data set"):
        saliency_command(tmp_path, tmp_path, tmp_path / "out")


def test_many_photos_are_looked_at_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_tiny_backbone(monkeypatch.setattr)
    data, run = write_dataset(tmp_path / "data", mixed_ratings(80)), tmp_path / "run"
    train(load_dataset(data), run, Settings(backbone="random", landmarks=True, folds=2, epochs=3))
    at_once, forward = list[int](), RatedNetwork.forward

    def counted(network: RatedNetwork, crops: Tensor, landmarks: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        at_once.append(len(crops))
        return forward(network, crops, landmarks)

    def pictures(network: RatedNetwork, examples: list[Example], _: object) -> tuple[bytes, list[object]]:
        for one in examples:
            seen = network(torch.from_numpy(one.crop[None]), one.landmarks)[0]
            assert one.predicted == int(network.head.choose(seen)[0])
        return b"\x89PNG", [one.name for one in examples]

    monkeypatch.setattr(RatedNetwork, "forward", counted)
    monkeypatch.setattr("model.evaluation.explain.fool_pictures", pictures)
    fool_command(data, run, tmp_path / "out", count=20)
    assert len(json.loads((tmp_path / "out" / "fool.json").read_text())["photos"]) > 16
    assert max(at_once) <= 32
