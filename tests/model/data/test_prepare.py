"""From rated photos to a data set. The photos are NASA's portrait of Eileen Collins (public domain), altered."""

from __future__ import annotations

import csv
import datetime
import errno
import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from livecam.errors import OutputError, SourceError
from livecam.faces.crop import crop_face
from livecam.faces.finder import FaceFinder
from livecam.photos.read import read as read_photo
from livecam.types import LANDMARKS, Frame, UInt8Array
from model import __main__ as program
from model.data.assemble import assemble, require_free
from model.data.dataset import load_dataset
from model.data.face_of_photo import LeftOut, RatedFace, Several, find_faces
from model.data.near_duplicates import DUPLICATES, are_copies, distance, fingerprint, pairs_within
from model.data.prepare import prepare
from model.data.rated_folder import Rated
from model.data.ratings import read_ratings
from tests.factories import shared_data
from tests.model.data.rated_faces import fake, rated


def astronaut(spot: tuple[int, int] | None = None) -> UInt8Array:
    """The portrait, 512 × 512, with a bright spot at (x, y): another light on the same face."""
    image = np.asarray(data.astronaut(), np.float32)
    if spot:
        y, x = np.mgrid[:512, :512]
        image += 90 * np.exp(-((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / (2 * 22**2))[..., None]
    return np.clip(image, 0, 255).astype(np.uint8)


def decode(data: bytes | np.ndarray) -> UInt8Array:
    """Decode an image file to RGB."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert image is not None
    return np.asarray(image, np.uint8)


def save(path: Path, image: UInt8Array, *, quality: int = 92, taken: str = "", orientation: int = 1) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, quality=quality, exif=exif)


def write_ratings(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


SPOTS = [(190 + 35 * (i % 3), 60 + 32 * (i // 3)) for i in range(12)]


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RatedFace | LeftOut]:
    """What each of these photos is taken for, by the name of its case."""
    folder = tmp_path_factory.mktemp("photos")
    whole = astronaut()
    small = np.asarray(cv2.resize(whole, (140, 140), interpolation=cv2.INTER_AREA), np.uint8)
    pair = np.full((512, 900, 3), 90, np.uint8)
    pair[:, :512] = whole
    pair[100:484, 516:900] = cv2.resize(whole, (384, 384), interpolation=cv2.INTER_AREA)
    cases: dict[str, tuple[UInt8Array, dict[str, object], dict[str, object]]] = {
        "plain": (whole, {"taken": "2024:05:03 14:10:00"}, {}),
        "turned": (np.ascontiguousarray(np.rot90(whole)), {"orientation": 6}, {}),
        "small": (small, {}, {}),
        "empty": (np.full((300, 300, 3), 120, np.uint8), {}, {}),
        "pair": (pair, {}, {}),
        "pair, first": (pair, {}, {"face": 1}),
        "pair, second": (pair, {}, {"face": 2}),
        "pair, third": (pair, {}, {"face": 3}),
        "nonsense time": (whole, {"taken": "0000:00:00 00:00:00"}, {}),
    }
    photos = []
    for name, (image, saved, stated) in cases.items():
        save(folder / f"{name}.jpg", image, **saved)  # type: ignore[arg-type]  # as above
        photos.append(replace(rated(folder / f"{name}.jpg"), **stated))  # type: ignore[arg-type]  # as above
    whole_file = (folder / "plain.jpg").read_bytes()
    (folder / "cut short.jpg").write_bytes(whole_file[: len(whole_file) // 2])
    photos += [rated(folder / "cut short.jpg"), rated(folder / "missing.jpg")]
    return dict(zip((photo.path.stem for photo in photos), find_faces(photos, Several.LEAVE_OUT, 48), strict=True))


def test_a_crop_is_exactly_the_runtimes(examined: dict[str, RatedFace | LeftOut], tmp_path: Path) -> None:
    found = examined["plain"]
    assert isinstance(found, RatedFace)
    with FaceFinder(stills=True) as finder:
        image = read_photo(found.rated.path).image
        face = finder.find(Frame(image, 0.0, 0, 0.0))[0]

    assert np.array_equal(decode(found.png), crop_face(image, face).image)
    assert found.points.shape == (LANDMARKS, 2)
    assert 40 < found.points.mean() < 184


@pytest.mark.slow
def test_a_large_photo_is_searched_reduced_and_cut_out_of_the_whole(
    examined: dict[str, RatedFace | LeftOut], tmp_path: Path
) -> None:
    plain = examined["plain"]
    assert isinstance(plain, RatedFace)
    large = cv2.resize(astronaut(), (2816, 2816), interpolation=cv2.INTER_CUBIC)
    save(tmp_path / "large.jpg", np.asarray(large, np.uint8))

    (found,) = find_faces([rated(tmp_path / "large.jpg")], Several.LEAVE_OUT, 48)

    assert isinstance(found, RatedFace)
    assert found.face_px == pytest.approx(5.5 * plain.face_px, rel=0.03)
    assert np.abs(found.points - plain.points).mean() < 2  # crop pixels


def test_a_photo_is_turned_upright_by_its_exif_orientation(examined: dict[str, RatedFace | LeftOut]) -> None:
    plain, turned = examined["plain"], examined["turned"]
    assert isinstance(plain, RatedFace)
    assert isinstance(turned, RatedFace)

    assert abs(turned.pose[2]) < 30
    assert distance(plain.crop_print, turned.crop_print) <= DUPLICATES.alike_bits
    assert distance(plain.photo_print, turned.photo_print) <= DUPLICATES.alike_bits


@pytest.mark.parametrize(
    ("case", "reason", "detail"),
    [
        ("small", "too small", "px high; --smallest is 48"),
        ("empty", "no face", ""),
        ("pair", "several faces", "2: choose with --several"),
        ("pair, third", "no such face", "face 3 of 2"),
        ("cut short", "unreadable", "is damaged or cut short"),
        ("missing", "unreadable", "no such file"),
    ],
)
def test_what_cannot_serve_is_left_out_with_its_reason(
    examined: dict[str, RatedFace | LeftOut], case: str, reason: str, detail: str
) -> None:
    left_out = examined[case]

    assert isinstance(left_out, LeftOut)
    assert left_out.reason == reason
    assert detail in left_out.detail


def test_a_face_is_chosen_by_its_number_from_the_left(examined: dict[str, RatedFace | LeftOut]) -> None:
    first, second = examined["pair, first"], examined["pair, second"]

    assert isinstance(first, RatedFace)
    assert isinstance(second, RatedFace)
    assert first.face_px > 1.2 * second.face_px


def test_a_time_is_read_or_unknown(examined: dict[str, RatedFace | LeftOut]) -> None:
    plain, nonsense = examined["plain"], examined["nonsense time"]

    assert isinstance(plain, RatedFace)
    assert isinstance(nonsense, RatedFace)
    assert plain.taken == datetime.datetime(2024, 5, 3, 14, 10, tzinfo=datetime.UTC)
    assert nonsense.taken is None


@pytest.mark.slow
def test_several_faces_give_the_largest_or_the_most_central(tmp_path: Path) -> None:
    pair = np.full((512, 1000, 3), 90, np.uint8)
    pair[:, :512] = astronaut()
    pair[100:484, 516:900] = cv2.resize(astronaut(), (384, 384), interpolation=cv2.INTER_AREA)
    pair = np.ascontiguousarray(pair[:, 150:])  # the small one's middle is nearer to the picture's
    save(tmp_path / "pair.jpg", pair)

    (largest,) = find_faces([rated(tmp_path / "pair.jpg")], Several.LARGEST, 48)
    (central,) = find_faces([rated(tmp_path / "pair.jpg")], Several.CENTRAL, 48)

    assert isinstance(largest, RatedFace)
    assert isinstance(central, RatedFace)
    assert largest.face_px > 1.2 * central.face_px


def some(count: int) -> list[RatedFace]:
    return [fake(f"{i}.jpg") for i in range(count)]


def left_out_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "left_out.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_copies_are_dropped_and_look_alikes_are_grouped(tmp_path: Path) -> None:
    found = some(12)
    image = decode(found[3].png)
    smaller = cv2.resize(cv2.resize(image, (150, 150), interpolation=cv2.INTER_AREA), (224, 224))
    blink = image.copy()
    blink[80:110, 40:180] = 255 - blink[80:110, 40:180] // 2
    extra = [
        fake("same.jpg", image, rated=rated(Path("x"), 5, photo="same.jpg")),
        fake("scaled.jpg", np.asarray(smaller, np.uint8)),
        fake("blink.jpg", np.asarray(blink, np.uint8), photo_print=found[3].photo_print),
    ]

    result = assemble([*found, *extra], tmp_path, tmp_path / "data")
    dataset = load_dataset(tmp_path / "data")

    assert (result.kept, result.groups) == (13, 12)
    assert dataset.groups[dataset.photos.index("blink.jpg")] == dataset.groups[3]
    assert left_out_of(tmp_path / "data") == [
        {"photo": "same.jpg", "reason": "duplicate", "detail": "of 3.jpg, which is rated 3, not 5"},
        {"photo": "scaled.jpg", "reason": "near-duplicate", "detail": "of 3.jpg"},
    ]


def test_sessions_are_told_by_an_hour_without_photos(tmp_path: Path) -> None:
    noon = datetime.datetime(2024, 5, 3, 12, tzinfo=datetime.UTC)
    minutes = [0, 30, 80, 150, 170, 2000, 5, 85, 151, 171, 2001, 2010]
    found = [
        replace(face, taken=noon + datetime.timedelta(minutes=at)) for face, at in zip(some(12), minutes, strict=True)
    ]

    assemble(found, tmp_path, tmp_path / "data")

    sessions = load_dataset(tmp_path / "data").sessions
    names = ["2024-05-03 12:00:00"] * 3 + ["2024-05-03 14:30:00"] * 2 + ["2024-05-04 21:20:00"]
    assert sessions == (*names, names[0], names[0], names[3], names[3], names[5], names[5])


def test_sessions_are_told_by_folder_where_the_time_is_unknown(tmp_path: Path) -> None:
    found = [fake(f"{'beach' if i % 2 else 'party'}/{i}.jpg") for i in range(12)]
    found[4] = replace(found[4], rated=replace(found[4].rated, session="mine"))

    assemble(found, tmp_path, tmp_path / "data")

    assert load_dataset(tmp_path / "data").sessions[:5] == ("party", "beach", "party", "beach", "mine")


def test_folders_that_are_the_ratings_are_no_sessions(tmp_path: Path) -> None:
    found = []
    for i in range(12):
        photo = f"{1 + i % 5}/{'beach/' if i < 6 else ''}{i}.jpg"
        found.append(fake(photo, rated=rated(Path(photo), 1 + i % 5, photo=photo)))

    assemble(found, tmp_path, tmp_path / "data")

    assert load_dataset(tmp_path / "data").sessions == ("beach",) * 6 + (".",) * 6


def test_too_few_photos_say_why_and_leave_the_data_set_before(tmp_path: Path) -> None:
    few: list[RatedFace | LeftOut] = [*some(9)]
    few += [LeftOut("a.jpg", "no face"), LeftOut("b.jpg", "too small", "9 px"), LeftOut("c.jpg", "no face")]
    says = r"only 9 of 12 photos could be used \(2 no face, 1 too small\), for example a\.jpg: training needs 10"
    with pytest.raises(SourceError, match=says):
        assemble(few, tmp_path, tmp_path / "data")
    assert not (tmp_path / "data").exists()

    assemble(some(12), tmp_path, tmp_path / "data")
    with pytest.raises(SourceError, match="only 9 of 9 photos could be used: training needs 10"):
        assemble(some(9), tmp_path, tmp_path / "data")
    assert len(load_dataset(tmp_path / "data")) == 12


def test_a_data_set_is_replaced_whole_and_nothing_else_ever_is(tmp_path: Path) -> None:
    assemble(some(12), tmp_path, tmp_path / "data")
    assemble(some(10), tmp_path, tmp_path / "data")
    assert len(load_dataset(tmp_path / "data")) == 10
    assert len(list((tmp_path / "data" / "crops").iterdir())) == 10

    ratings = write_ratings(tmp_path / "ratings.csv", "path,rating", "a.jpg,3")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("dear")
    with pytest.raises(OutputError, match="holds something else"):
        prepare(ratings, tmp_path / "mine")
    assemble(some(10), tmp_path, tmp_path / "data")
    (tmp_path / "data" / ".DS_Store").touch()
    require_free(tmp_path / "data")
    (tmp_path / "data" / "run").mkdir()
    with pytest.raises(OutputError, match="holds run beside a data set, which would be lost: move it, or choose"):
        prepare(ratings, tmp_path / "data")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "dataset.json").write_text('{"labels": {"background": 0}, "numTraining": 20}')
    with pytest.raises(OutputError, match="holds something else"):
        prepare(ratings, tmp_path / "theirs")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is a file"):
        prepare(ratings, tmp_path / "file")


def test_a_full_disk_leaves_the_data_set_before_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assemble(some(12), tmp_path, tmp_path / "data")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OutputError, match=r"No space left on device.*free some space"):
        assemble(some(10), tmp_path, tmp_path / "data")

    assert len(load_dataset(tmp_path / "data")) == 12
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.slow
def test_the_command_goes_from_photos_to_a_data_set_with_two_processes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.data.prepare.CHUNK", 8)
    for i, spot in enumerate(SPOTS):
        save(tmp_path / "photos" / "sub" / f"{i}.jpg", astronaut(spot))
    lines = [f"sub/{i}.jpg,{1 + i % 5},open" for i in range(12)]
    write_ratings(tmp_path / "photos" / "ratings.csv", "path,rating,eyes", *lines, "sub/gone.jpg,1,closed")

    code = program.run(["prepare", str(tmp_path / "photos"), "--out", str(tmp_path / "data")])

    message = capsys.readouterr().err
    assert code == 0, message
    assert "unreadable" in message
    dataset = load_dataset(tmp_path / "data")
    assert dataset.ratings.tolist() == [1 + i % 5 for i in range(12)]
    assert dataset.eyes.tolist() == [0] * 12
    assert len(set(dataset.groups)) == 1  # one photo in twelve lights


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["file,score", "a.jpg,3"], r"lacks the column path \(found: file,score\): its header must be path,rating"),
        (["path,stars", "a.jpg,3"], r"lacks the column rating"),
        (["path,rating", "a.jpg,6"], "line 2: rating 6 is not a whole number from 1 to 5"),
        (["path,rating", "a.jpg,3.5"], "line 2: rating 3.5 is not a whole number"),
        (["path,rating", "a.jpg,nan"], "line 2: rating nan is not a whole number"),
        (["path,rating", "a.jpg,good"], "line 2: rating good is not a whole number from 1 to 5"),
        (["path,rating", "a.jpg,"], "line 2: a.jpg has no rating"),
        (["path,rating", ",3"], "line 2: the path is empty"),
        (["path,rating", "a.jpg,3", "../b.jpg,3"], r"line 3: \.\./b.jpg leads out of the folder"),
        (["path,rating", "/etc/passwd,3"], "line 2: /etc/passwd leads out of the folder"),
        (["path,rating,eyes", "a.jpg,3,shut"], "line 2: eyes 'shut' is neither open nor closed"),
        (["path,rating,face", "a.jpg,3,0"], "line 2: face 0 is not a number from 1"),
        (["path,rating,face", "a.jpg,3,1.5"], "line 2: face 1.5 is not a number from 1"),
        (["path,rating,face", "a.jpg,3,left"], "line 2: face left is not a number from 1"),
        (["path,rating", "a.jpg,3", "b.jpg,3", "a.jpg,4"], "has a.jpg in lines 2 and 4: leave one of them"),
        (["path,rating"], "holds no ratings"),
        ([""], r"lacks the column path \(found: nothing\)"),
    ],
)
def test_a_ratings_file_that_does_not_serve_is_refused_in_one_line(tmp_path: Path, lines: list[str], says: str) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        read_ratings(write_ratings(tmp_path / "r.csv", *lines))

    assert "\n" not in str(caught.value)


def test_a_folder_without_ratings_and_a_file_that_is_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="rate the photos first, or name the ratings file"):
        read_ratings(tmp_path)
    (tmp_path / "r.csv").write_bytes(b"\x89PNG\xff\x00")
    with pytest.raises(SourceError, match="cannot be read as a CSV in UTF-8"):
        read_ratings(tmp_path / "r.csv")


def test_ratings_are_read_as_spreadsheets_write_them(tmp_path: Path) -> None:
    text = "\ufeffpath, rating ,eyes,person,face\r\nsub/a.jpg,5.0,,ann,2.0\r\nb.jpg,,closed,,\r\n"
    (tmp_path / "r.csv").write_bytes(text.encode())

    one, two = read_ratings(tmp_path / "r.csv")

    assert (one.path, one.rating, one.eyes, one.person) == (tmp_path / "sub/a.jpg", 5, -1, "ann")
    assert (two.rating, two.eyes) == (0, 1)
    assert (one.face, two.face) == (2, 0)


def test_names_that_are_no_text_or_look_like_styles_are_written_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    latin_1 = os.fsdecode(b"caf\xe9/a.jpg")
    looked_at: list[RatedFace | LeftOut] = [*some(10), fake(latin_1)]
    looked_at += [LeftOut("[beach]/b.jpg", "no face"), LeftOut(latin_1, "no face")]
    monkeypatch.setattr("model.data.prepare.prepare", lambda *_, **__: assemble(looked_at, tmp_path, tmp_path / "data"))

    code = program.run(["prepare", str(tmp_path), "--out", str(tmp_path / "data")])

    said = capsys.readouterr().err
    assert code == 0, said
    assert "[beach]/b.jpg" in said
    assert load_dataset(tmp_path / "data").photos[10] == "caf\\udce9/a.jpg"
    assert left_out_of(tmp_path / "data")[-1]["photo"] == "caf\\udce9/a.jpg"


class _Fatal:
    """Ends the process that it is sent to, as the system does where memory is short."""

    def __reduce__(self) -> tuple[object, tuple[int]]:
        return os._exit, (9,)


@pytest.mark.slow
def test_a_process_that_the_system_has_ended_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.data.prepare.CHUNK", 1)
    monkeypatch.setattr("model.data.prepare.usable_cores", lambda: 2)
    monkeypatch.setattr("model.data.prepare.read_rated", lambda _: Rated([_Fatal(), _Fatal()], []))  # type: ignore[list-item]

    assert program.run(["prepare", str(tmp_path), "--out", str(tmp_path / "data")]) == 1

    said = capsys.readouterr().err
    assert said.startswith("model: the system has ended a process that looked for faces")
    assert said.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_fingerprints_tell_copies_from_other_people(tmp_path: Path) -> None:
    """Forty of the portraits that the limits were measured beside, see DuplicateSettings."""
    photos = [read_photo(shared_data("ratings", "images", f"p{i:04d}.jpg")).image for i in range(0, 400, 10)]
    prints = [fingerprint(photo) for photo in photos]

    assert pairs_within(prints, DUPLICATES.alike_bits) == []
    for photo, own in zip(photos, prints, strict=True):
        half = cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        _, packed = cv2.imencode(".jpg", np.asarray(half)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 60])
        assert are_copies(own, fingerprint(decode(packed)))


def test_what_differs_by_a_blink_alone_is_no_copy() -> None:
    face = astronaut()[20:220, 130:330]
    blink = face.copy()
    blink[85:105, 60:85] = np.clip(blink[85:105, 60:85].astype(int) + 60, 0, 255)
    one, other = fingerprint(face), fingerprint(blink)
    assert distance(one, other) <= DUPLICATES.copy_bits  # by those alone it would be one
    assert not are_copies(one, other)
    assert are_copies(one, fingerprint(np.clip(face.astype(int) + 3, 0, 255).astype(np.uint8)))


def test_ctrl_c_ends_in_130_and_promises_no_resuming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def press_ctrl_c(_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("model.data.prepare.read_rated", press_ctrl_c)
    assert program.run(["prepare", str(tmp_path), "--out", str(tmp_path / "out")]) == 130
    assert capsys.readouterr().err == "model: stopped\n"
    assert not (tmp_path / "out").exists()
