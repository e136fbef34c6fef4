from __future__ import annotations

import errno
import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from livecam.errors import ModelError, OutputError
from livecam.faces.mesh import BLENDSHAPE_NAMES
from livecam.taste.choosing import choose_taste
from livecam.taste.head import Story, TasteHead, Verdict
from livecam.taste.head_file import load_head, save_head
from livecam.taste.lesson import Lesson
from livecam.taste.places import head_file
from livecam.taste.resting import Resting, less_resting_smile, own_eyes, resting_of
from livecam.taste.signals import SIGNALS
from livecam.taste.switch import is_off, turn
from livecam.types import BLENDSHAPES, EMBEDDING, Reason
from tests.factories import make_gated_score, make_score
from tests.taste.lesson_factories import NETWORK, make_lesson, make_lesson_face

_PROVED = Story(Verdict(214, 300, 0.81, 0.70, better=True), ((0, 0.7), (214, 0.81)), ((2.0, 2.1, 40),))
_RESTING = Resting()
_STRAIGHT = (0.0, 0.0, 0.0)


def make_head(
    *, score: float = 2.5, smile: float = 0.0, resting: Resting = _RESTING, story: Story = _PROVED, offset: float = 0.0
) -> TasteHead:
    """A head that knows the scorer's score and the smile alone."""
    signals = np.zeros(len(SIGNALS), np.float32)
    signals[0] = smile
    thresholds = np.array((1.5, 2.5, 3.5, 4.5), np.float32) * 2.5
    return TasteHead("me", NETWORK, np.zeros(EMBEDDING, np.float32), signals, score, offset, thresholds, resting, story)


def _smiling(amount: float) -> np.ndarray:
    shapes = np.zeros(BLENDSHAPES, np.float32)
    shapes[[44, 45]] = amount
    return shapes


def test_a_head_that_learned_nothing_says_about_what_the_scorer_says() -> None:
    for value in (1.5, 2.5, 3.5, 4.5):
        rated = make_head().rate(make_score(value), _smiling(0.0), _STRAIGHT)
        assert rated.value == pytest.approx(value, abs=0.15)
        assert rated.rating_probs.sum() == pytest.approx(1, abs=1e-5)


def test_who_does_not_like_smiles_rates_them_lower() -> None:
    head = make_head(smile=-3.0)
    serious, smiling = (head.rate(make_score(4.0), _smiling(amount), _STRAIGHT).value for amount in (0.0, 1.0))
    assert smiling < 3 < serious


@pytest.mark.parametrize("offset", [0.0, 50.0])
def test_closed_eyes_lose_whatever_was_learned(offset: float) -> None:
    head = make_head(offset=offset)
    closed = head.rate(make_gated_score(4.0, (0.99, 0.99)), _smiling(0.5), _STRAIGHT)
    assert closed.value < 1.3
    assert closed.eyes_closed.tolist() == pytest.approx([0.99, 0.99])


def test_narrow_eyes_that_were_liked_are_open_and_surely_closed_ones_stay_closed() -> None:
    liked = [make_lesson(face=make_lesson_face(str(i), eyes=(0.7, 0.6)), stars=5) for i in range(20)]
    resting = resting_of(liked)
    head = make_head(resting=resting)
    narrow = head.judge_eyes(make_gated_score(4.0, (0.7, 0.6)), _smiling(0.0))
    assert max(narrow.eyes_closed) < 0.5
    assert narrow.value > 2.5
    assert min(head.judge_eyes(make_gated_score(4.0, (0.95, 0.95)), _smiling(0.0)).eyes_closed) > 0.5


def test_liking_sleepers_never_opens_their_eyes() -> None:
    liked = [make_lesson(face=make_lesson_face(str(i), eyes=(0.999, 0.999)), stars=5) for i in range(50)]
    assert own_eyes((0.95, 0.95), _smiling(0.0), resting_of(liked)) == (0.95, 0.95)


def _liked(blinks: Sequence[float]) -> list[Lesson]:
    shapes = ({"eyeBlink": blink} for blink in blinks)
    return [make_lesson(face=make_lesson_face(str(i), shapes=one), stars=5) for i, one in enumerate(shapes)]


def _blinking(left: float, right: float) -> list[float]:
    values = [0.0] * len(BLENDSHAPE_NAMES)
    values[BLENDSHAPE_NAMES.index("eyeBlinkLeft")], values[BLENDSHAPE_NAMES.index("eyeBlinkRight")] = left, right
    return values


def test_of_wide_eyes_half_a_blink_is_closed() -> None:
    resting = resting_of(_liked([0.05 + 0.002 * i for i in range(30)]))
    assert own_eyes((0.0, 0.0), _blinking(0.1, 0.1), resting) == pytest.approx((0.0, 0.0), abs=0.01)
    left, right = own_eyes((0.02, 0.0), _blinking(0.45, 0.1), resting)
    assert 0.5 < left <= 0.9  # below eyes that are shut
    assert right < 0.01


def test_narrow_eyes_of_somebody_else_stay_open_where_the_scorer_is_sure_of_them() -> None:
    """A taste that was learned of wide eyes sees everybody in its pictures."""
    of_wide_eyes = resting_of(_liked([0.05 + 0.002 * i for i in range(30)]))
    assert own_eyes((0.002, 0.002), _blinking(0.5, 0.5), of_wide_eyes) == (0.002, 0.002)


def test_hooded_eyes_may_blink_further_before_they_are_closed() -> None:
    resting = resting_of(_liked([0.33 + 0.002 * i for i in range(30)]))
    assert max(own_eyes((0.02, 0.02), _blinking(0.45, 0.45), resting)) < 0.05
    assert min(own_eyes((0.02, 0.02), _blinking(0.7, 0.7), resting)) > 0.5


def test_a_lesson_whose_lids_cannot_be_is_no_end_of_learning() -> None:
    resting = resting_of(_liked([0.05 + 0.002 * i for i in range(30)]))
    assert max(own_eyes((0.5, 0.5), _blinking(-60_000.0, -60_000.0), resting)) == 0.5


def test_of_many_people_no_lids_are_learned() -> None:
    """Whoever rates strangers has no lids that theirs could be compared with."""
    assert resting_of(_liked([0.02 * (i % 15) for i in range(60)])).lids == 1


def test_a_half_blink_loses_its_score() -> None:
    head = make_head(score=1.0, resting=Resting(lids=0.3))
    shapes = _blinking(0.45, 0.45)
    assert head.judge_eyes(make_gated_score(4.0, (0.02, 0.02)), shapes).value < 1.5
    assert head.judge_eyes(make_gated_score(4.0, (0.0, 0.0)), _blinking(0.1, 0.1)).value == pytest.approx(4.0, abs=0.01)


def test_what_rests_high_is_never_less_than_rest() -> None:
    """The scorer sees of many that their mouths rest: what it has not added is not taken."""
    assert less_resting_smile(3.1, 0.45, Resting(smile=0.45)) == pytest.approx(3.0)
    assert less_resting_smile(2.0, 0.45, Resting(smile=0.45)) == 2.0


def test_few_faces_move_no_judgement_of_eyes() -> None:
    liked = [make_lesson(face=make_lesson_face(str(i), eyes=(0.7, 0.6)), stars=5) for i in range(5)]
    assert resting_of(liked) == Resting()


def test_a_mouth_that_rests_high_is_no_smile() -> None:
    faces = [make_lesson_face(str(i), shapes={"mouthSmile": 0.45 + 0.5 * (i % 4 == 0)}) for i in range(40)]
    resting = resting_of([make_lesson(face=face) for face in faces])
    assert resting.smile == pytest.approx(0.45, abs=0.01)
    assert less_resting_smile(4.2, 0.45, resting) < 3.3
    assert less_resting_smile(4.9, 0.95, resting) == pytest.approx(4.9, abs=0.1)
    assert less_resting_smile(4.2, 0.45, Resting()) == 4.2


def test_a_head_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    head = make_head(smile=-1.0, resting=Resting(0.2, 0.5))
    save_head(head, tmp_path / "new" / "me.npz")
    back = load_head(tmp_path / "new" / "me.npz")
    assert np.array_equal(back.signals, head.signals)
    assert (back.name, back.network, back.score, back.resting, back.story) == (
        head.name, head.network, head.score, head.resting, head.story,
    )  # fmt: skip


def _hostile(path: Path, name: str) -> None:
    save_head(make_head(), path)
    data = path.read_bytes()
    match name:
        case "torn":
            path.write_bytes(data[: len(data) // 2])
        case "empty":
            path.write_bytes(b"")
        case "photo":
            path.write_bytes(b"\xff\xd8\xff" * 1000)
        case "pickle":
            path.write_bytes(pickle.dumps({"embedding": 1}))
        case "pickled array":
            np.savez(path, about=np.array([{"a": 1}], object), embedding=np.array([None], object))
        case "bomb":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("about.npy", bytes(1 << 24))
        case "wrong shape":
            with np.load(io.BytesIO(data)) as file:
                np.savez(path, **{**file, "embedding": np.zeros(3, np.float32)})
        case "not finite":
            with np.load(io.BytesIO(data)) as file:
                np.savez(path, **{**file, "signals": np.full(len(SIGNALS), np.nan, np.float32)})
        case "complex":
            with np.load(io.BytesIO(data)) as file:
                np.savez(path, **{**file, "signals": np.full(len(SIGNALS), "x")})


def _with_header(data: bytes, header: bytes) -> bytes:
    """Give every array of a head this header of NumPy's."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        arrays = {name: archive.read(name) for name in archive.namelist()}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, array in arrays.items():
            numbers = array[10 + int.from_bytes(array[8:10], "little") :]
            size = (len(header) + 1).to_bytes(2, "little")
            archive.writestr(name, array[:8] + size + header + b"\n" + numbers)
    return made.getvalue()


def _locked(data: bytes) -> bytes:
    """Say of the first array that a password locks it: in its entry, and in the table of all."""
    locked = bytearray(data)
    locked[data.index(b"PK\x03\x04") + 6] |= 1
    locked[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(locked)


def _badly_packed(data: bytes) -> bytes:
    packed = io.BytesIO()
    with np.load(io.BytesIO(data)) as file:
        np.savez_compressed(packed, **file)
    bad = packed.getvalue()
    start = bad.index(b".npy") + 40
    return bad[:start] + b"\xff" * 40 + bad[start + 40 :]


@pytest.mark.parametrize(
    "name",
    [
        "torn", "empty", "photo", "pickle", "pickled array", "bomb", "wrong shape", "not finite", "complex",
    ],
)  # fmt: skip
def test_a_torn_or_hostile_head_is_one_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / "me.npz"
    _hostile(path, name)
    with pytest.raises(ModelError, match="is no learned taste") as caught:
        load_head(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: _with_header(data, b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }"),
        lambda data: _with_header(data, b"[" * 3000), _locked, _badly_packed,
    ],
    ids=["a terabyte", "no header", "locked", "badly packed"],
)  # fmt: skip
def test_a_head_that_was_damaged_on_purpose_is_one_line(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "me.npz"
    save_head(make_head(), path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ModelError, match="is no learned taste") as caught:
        load_head(path)
    assert "\n" not in str(caught.value)


def _told(path: Path, changed: dict[str, object]) -> Path:
    """A head whose file tells something else."""
    save_head(make_head(), path)
    with np.load(path) as file:
        arrays = {**file}
    told = json.loads(arrays["about"].tobytes()) | changed
    np.savez(path, **arrays | {"about": np.frombuffer(json.dumps(told).encode(), np.uint8)})
    return path


@pytest.mark.parametrize(
    "changed",
    [{"score": 1e308, "offset": -1e308}, {"resting": {"smile": 0.0, "eyes": 1000.0, "lids": 1.0}}],
    ids=["sums that are no numbers", "eyes that never close"],
)
def test_a_head_of_numbers_that_nobody_learned_is_one_line(tmp_path: Path, changed: dict[str, object]) -> None:
    path = _told(tmp_path / "me.npz", changed)
    with pytest.raises(ModelError, match="is no learned taste"):
        load_head(path)


def test_no_head_is_one_line_and_a_full_disk_too(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="make one with livecam learn"):
        load_head(tmp_path / "none.npz")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot keep what was learned"):
        save_head(make_head(), tmp_path / "file" / "me.npz")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_or_a_device_is_no_head_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "me.npz")
    for path in (tmp_path / "me.npz", Path("/dev/zero"), tmp_path):
        with pytest.raises(ModelError, match="is not a file: make one with livecam learn"):
            load_head(path)


def test_the_users_own_taste_counts_once_it_is_better() -> None:
    assert choose_taste(None, NETWORK).head is None
    save_head(make_head(story=Story()), head_file())
    assert choose_taste(None, NETWORK).head is None
    save_head(make_head(), head_file())
    chosen = choose_taste(None, NETWORK)
    assert chosen.head is not None
    (note,) = chosen.notes
    assert note.startswith(
        "scored by your taste, which agrees with you in 81% of pairs (70% without it), from 214 choices"
    )
    assert note.endswith("--taste off turns it off once, livecam taste --off for good")
    assert choose_taste("off", NETWORK).head is None


def test_a_taste_that_is_turned_off_stays_off_until_it_is_turned_on_but_can_be_named() -> None:
    turn(on=False)
    assert not choose_taste(None, NETWORK).off  # nothing is learned that could be off
    save_head(make_head(), head_file())
    turn(on=False)

    chosen = choose_taste(None, NETWORK)
    assert (chosen.head, chosen.off) == (None, True)
    assert chosen.notes == ("your taste is off: livecam taste --on turns it on",)
    assert choose_taste(str(head_file()), NETWORK).head is not None
    save_head(make_head(), head_file())  # what is learned anew is off too
    assert choose_taste(None, NETWORK).off

    turn(on=True)
    turn(on=True)
    assert choose_taste(None, NETWORK).head is not None


def test_a_taste_that_cannot_be_turned_off_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LIVECAM_TASTE", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="your taste is as it was, for livecam cannot write"):
        turn(on=False)


def test_a_full_disk_turns_no_taste_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full"):
        turn(on=False)
    assert not is_off()


def test_a_taste_of_another_network_is_left_aside_or_refused(tmp_path: Path) -> None:
    save_head(make_head(), head_file())
    chosen = choose_taste(None, "default-9")
    assert chosen.head is None
    assert "learned with the scorer default-3, not default-9" in chosen.notes[0]
    with pytest.raises(ModelError, match="was learned with the scorer default-3, not default-9"):
        choose_taste(str(head_file()), "default-9")


@pytest.mark.parametrize("changed", [{"network": "\x1b[2J"}, {"livecam_taste": "\x1b[2J"}])
def test_what_a_taste_says_of_itself_gives_the_terminal_no_orders(tmp_path: Path, changed: dict[str, object]) -> None:
    with pytest.raises(ModelError, match=r"\\x1b\[2J") as refused:
        choose_taste(str(_told(tmp_path / "me.npz", changed)), NETWORK)
    assert str(refused.value).isprintable()


def test_a_damaged_taste_of_the_users_is_said_and_left_aside() -> None:
    head_file().parent.mkdir(parents=True)
    head_file().write_bytes(b"torn")
    assert "your taste is left aside" in choose_taste(None, NETWORK).notes[0]


def test_eyes_behind_dark_lenses_say_nothing_of_narrow_eyes() -> None:
    hidden = make_lesson_face("a", eyes=(0.7, 0.7), reasons=(Reason.EYES_HIDDEN,))
    lessons = [make_lesson(face=hidden, stars=5)] * 30
    assert resting_of(lessons) == Resting()
