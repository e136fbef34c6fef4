from __future__ import annotations

import contextlib
import errno
import json
import multiprocessing
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from livecam.errors import OutputError
from livecam.taste import lessons
from livecam.taste.lesson import Kind, Lesson
from livecam.taste.lessons import LessonStore, read_lessons
from livecam.taste.network import metadata_of, network_of
from livecam.taste.pictures import frame_name, parts_of, picture_of, picture_of_file
from livecam.taste.places import head_file, lessons_file
from tests.taste.lesson_factories import make_lesson, make_lesson_face


@pytest.fixture
def store(tmp_path: Path) -> LessonStore:
    return LessonStore(tmp_path / "data" / "lessons.jsonl")


def _add_many(path: Path, first: int) -> None:
    store = LessonStore(path)
    for number in range(first, first + 40):
        store.add([make_lesson(face=make_lesson_face(str(number)))])


def test_what_was_chosen_comes_back_as_it_was(store: LessonStore) -> None:
    pair = make_lesson(Kind.PAIR, make_lesson_face("a", score=4.25, path="/a.jpg"), make_lesson_face("b"))
    store.add([pair, make_lesson(Kind.KEEP, make_lesson_face("c"))])
    store.add([make_lesson(stars=5)])
    read = store.read()
    assert [lesson.kind for lesson in read.all] == [Kind.PAIR, Kind.KEEP, Kind.STARS]
    assert read.all[0] == pair
    assert read.skipped == 0


def test_no_file_is_no_lessons(store: LessonStore) -> None:
    assert store.read().all == ()
    assert store.forget() == 0


def test_without_a_word_the_lessons_lie_in_the_folder_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECAM_TASTE", "/elsewhere")
    assert LessonStore().path == lessons_file() == Path("/elsewhere/lessons.jsonl")


@pytest.mark.parametrize("cut", [1, 30, -2])
def test_a_torn_line_costs_that_lesson_alone(store: LessonStore, cut: int) -> None:
    store.add([make_lesson(face=make_lesson_face("a"))])
    whole = store.path.stat().st_size
    store.add([make_lesson(face=make_lesson_face("b"))])
    os.truncate(store.path, whole + cut if cut > 0 else store.path.stat().st_size + cut)
    assert store.read().skipped == 1
    store.add([make_lesson(face=make_lesson_face("c"))])
    read = store.read()
    assert [lesson.face.picture for lesson in read.all] == ["a", "c"]
    assert read.skipped == 1


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[]",
        '"text"',
        "[" * 5000,
        '{"livecam_lesson": 2}',
        '{"livecam_lesson": 1, "kind": "stars", "face": 3}',
    ],
)
def test_a_line_that_is_no_lesson_is_passed_over(store: LessonStore, line: str) -> None:
    store.add([make_lesson()])
    with store.path.open("a") as file:
        file.write(line + "\n")
    assert (len(store.read().all), store.read().skipped) == (1, 1)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("embedding", "AAAA"),
        ("embedding", "%"),
        ("pose", [0, 0]),
        ("rating_probs", [1, 1, 0, 0, 0]),
        ("rating_probs", [float("nan")] * 5),
        ("eyes_closed", [2, 0]),
        ("people", 0),
        ("light", float("inf")),
    ],
)
def test_hostile_numbers_are_passed_over(store: LessonStore, key: str, value: object) -> None:
    store.add([make_lesson()])
    values = json.loads(store.path.read_text())
    values["face"][key] = value
    with store.path.open("a") as file:
        file.write(json.dumps(values) + "\n")
    assert (len(store.read().all), store.read().skipped) == (1, 1)


def test_the_last_word_on_a_picture_counts(store: LessonStore) -> None:
    store.add([make_lesson(stars=2), make_lesson(Kind.REJECT), make_lesson(stars=5), make_lesson(taste="you", stars=1)])
    assert [(lesson.kind, lesson.stars) for lesson in store.read().of("me")] == [(Kind.STARS, 5)]
    assert store.read().tastes == ("me", "you")


def test_the_last_word_on_a_pair_counts_whichever_won(store: LessonStore) -> None:
    a, b = make_lesson_face("a"), make_lesson_face("b")
    store.add([make_lesson(Kind.PAIR, a, b), make_lesson(Kind.PAIR, b, a)])
    (lesson,) = store.read().of("me")
    assert lesson.face.picture == "b"


def test_what_is_withdrawn_counts_no_more_and_a_pair_stays(store: LessonStore) -> None:
    a, b = make_lesson_face("a"), make_lesson_face("b")
    store.add([make_lesson(Kind.REJECT, a), make_lesson(Kind.PAIR, b, a), make_lesson(Kind.WITHDRAWN, a)])
    assert [lesson.kind for lesson in store.read().of("me")] == [Kind.PAIR]


def test_a_pair_that_is_withdrawn_counts_no_more_in_whichever_order_and_its_pictures_keep_their_stars(
    store: LessonStore,
) -> None:
    a, b = make_lesson_face("a"), make_lesson_face("b")
    stars = make_lesson(Kind.STARS, a)
    store.add([stars, make_lesson(Kind.PAIR, a, b), make_lesson(Kind.WITHDRAWN, b, a)])
    assert store.read().of("me") == (stars,)


def test_the_same_choice_is_kept_once_and_a_new_word_again(store: LessonStore) -> None:
    assert store.add_new([make_lesson(stars=3)]) == 1
    assert store.add_new([make_lesson(stars=3, time_s=9.0)]) == 0
    assert store.add_new([make_lesson(stars=4), make_lesson(face=make_lesson_face("b"))]) == 2
    assert len(store.read().all) == 3


def test_many_processes_add_at_once_and_nothing_is_lost(store: LessonStore) -> None:
    store.path.parent.mkdir()
    spawned = multiprocessing.get_context("spawn")
    writers = [spawned.Process(target=_add_many, args=(store.path, 40 * i)) for i in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    read = store.read()
    assert read.skipped == 0
    assert sorted(int(lesson.face.picture) for lesson in read.all) == list(range(120))


def test_a_full_disk_is_one_line_and_leaves_the_file_as_it_was(
    store: LessonStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add([make_lesson()])
    before = store.path.read_bytes()
    really = os.write
    calls: list[int] = []

    def full(descriptor: int, data: bytes) -> int:
        calls.append(len(data))
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return really(descriptor, data[:100])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OutputError, match="the disk is full: free some space") as caught:
        store.add([make_lesson(stars=1)])
    assert "\n" not in str(caught.value)
    assert store.path.read_bytes() == before


def test_forgetting_one_taste_leaves_the_others(store: LessonStore) -> None:
    store.add([make_lesson(), make_lesson(taste="you")])
    assert store.forget("me") == 1
    assert store.read().tastes == ("you",)
    assert store.forget() == 1
    assert not store.path.exists()


def test_what_another_adds_while_one_waits_to_forget_is_kept(
    store: LessonStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add([make_lesson()])
    locked = lessons._locked

    @contextlib.contextmanager
    def after_another(path: Path) -> Iterator[int]:
        monkeypatch.setattr(lessons, "_locked", locked)
        LessonStore(path).add([make_lesson(taste="you")])
        with locked(path) as descriptor:
            yield descriptor

    monkeypatch.setattr(lessons, "_locked", after_another)
    assert store.forget("me") == 1
    assert store.read().tastes == ("you",)


def test_forgetting_one_leaves_what_a_later_livecam_wrote_of_another(store: LessonStore) -> None:
    store.add([make_lesson(taste="me"), make_lesson(taste="you")])
    mine, yours = store.path.read_bytes().splitlines(keepends=True)
    told = json.loads(yours) | {"kind": "a later one"}
    told["face"]["reasons"] = ["A_LATER_REASON"]
    later = [json.dumps(told | {"taste": whose}).encode() + b"\n" for whose in ("you", "me")]
    store.path.write_bytes(b"".join((mine, yours, *later, b'{"livecam_lesson":1,"taste":"yo\n')))

    assert store.forget("me") == 1
    assert store.path.read_bytes() == yours + later[0]
    assert store.forget("you") == 1
    assert not store.path.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("place", ["pipe", "/dev/zero", "."])
def test_what_is_no_file_is_neither_waited_for_nor_read(place: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    store = LessonStore(tmp_path / place)
    for act in (store.read, store.forget, lambda: store.add([make_lesson()])):
        with pytest.raises(OutputError, match=r"that is a (device or a pipe|folder): choose another name$"):
            act()


def test_what_a_link_leads_to_is_forgotten(store: LessonStore, tmp_path: Path) -> None:
    store.add([make_lesson(taste="me"), make_lesson(taste="you")])
    link = LessonStore(tmp_path / "link.jsonl")
    link.path.symlink_to(store.path)

    assert link.forget("me") == 1
    assert store.read().tastes == ("you",)
    assert link.forget() == 1
    assert not store.path.exists()
    link.add([make_lesson()])
    assert len(store.read().all) == 1


def test_lessons_are_not_written_over_themselves(store: LessonStore) -> None:
    store.add([make_lesson(taste="me"), make_lesson(taste="you")])
    for write in (store.export, store.export_ratings):
        with pytest.raises(OutputError, match="holds your lessons themselves: write them to another file"):
            write(store.path, "you")
    assert store.read().tastes == ("me", "you")


def test_stars_of_a_photo_that_no_file_could_be_are_left_out(store: LessonStore, tmp_path: Path) -> None:
    paths = ["", "/photos/a\0.jpg", "x" * 5000, str(tmp_path / "a.jpg")]
    (tmp_path / "a.jpg").touch()
    store.add([make_lesson(face=make_lesson_face(str(i), path=path)) for i, path in enumerate(paths)])
    assert store.export_ratings(tmp_path / "stars.csv") == 1


def test_lessons_move_to_another_machine_and_come_once(store: LessonStore, tmp_path: Path) -> None:
    store.add([make_lesson(), make_lesson(Kind.KEEP, make_lesson_face("b"))])
    moved = tmp_path / "moved.jsonl"
    assert store.export(moved) == 2
    other = LessonStore(tmp_path / "other.jsonl")
    assert other.bring_in(moved) == (2, 0)
    assert other.bring_in(moved) == (0, 0)
    assert other.read().all == store.read().all


def test_bringing_in_what_holds_no_lessons_is_refused(store: LessonStore, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff" * 99)
    with pytest.raises(OutputError, match="holds no lessons"):
        store.bring_in(tmp_path / "photo.jpg")
    with pytest.raises(OutputError, match="no file of lessons"):
        store.bring_in(tmp_path / "nothing")


def test_a_path_that_is_no_text_survives(store: LessonStore) -> None:
    path = os.fsdecode(b"/photos/\xff.jpg")
    store.add([make_lesson(face=make_lesson_face(path=path))])
    assert store.read().all[0].face.path == path


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "con\0", "x" * 41, "end."])
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(OutputError, match="is no name for a taste"):
        head_file(name)


def test_a_pair_needs_two_pictures_and_stars_a_number() -> None:
    with pytest.raises(ValueError, match="two pictures"):
        make_lesson(Kind.PAIR)
    with pytest.raises(ValueError, match="no pair with itself"):
        make_lesson(Kind.PAIR, make_lesson_face("a"), make_lesson_face("a"))
    with pytest.raises(ValueError, match="stars cannot be 6"):
        Lesson(Kind.STARS, make_lesson_face(), "s", 0.0, "n", stars=6)


def test_a_picture_is_the_same_whatever_marks_are_written_into_its_headers() -> None:
    head, pixels = b"\xff\xd8", b"\xff\xda\x00\x08pixels\xff\xd9"
    marked = head + b"\xff\xe1\x00\x06mark" + pixels
    assert picture_of(head + pixels) == picture_of(marked)
    assert picture_of(marked) != picture_of(head + pixels.replace(b"pixels", b"others"))
    assert picture_of(marked, 40.0) == picture_of(marked) + "@40"


def test_a_large_file_is_known_without_being_held_in_memory(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    data = bytes(range(256)) * 40_000  # ten blocks and a rest
    clip.write_bytes(data)
    tracemalloc.start()
    try:
        name = picture_of_file(clip)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert name == picture_of(data)
    assert most < len(data) / 2


@pytest.mark.parametrize(("t_ms", "person"), [(None, 0), (40.0, 0), (None, 2), (1200.0, 1)])
def test_what_a_frame_is_known_by_can_be_taken_apart(t_ms: float | None, person: int) -> None:
    assert parts_of(frame_name("ab12", t_ms, person)) == ("ab12", t_ms, person)


def test_a_name_from_elsewhere_is_no_frame() -> None:
    for name in ("x@soon", "x@nan", "x@1e999#2", "x@5#first"):
        assert parts_of(name) == (name, None, 0)


def test_shipped_scorers_of_one_version_have_one_network_and_others_their_own(tmp_path: Path) -> None:
    file = tmp_path / "own.onnx"
    file.write_bytes(b"own")
    shipped = [{"model_version": "default-3", "checkpoint_sha256": letter * 64} for letter in "ab"]
    own = [{"model_version": "own-1", "checkpoint_sha256": letter * 64} for letter in "ab"]
    assert {network_of(metadata, file) for metadata in shipped} == {"default-3"}
    assert len({network_of(metadata, file) for metadata in (*own, {})}) == 3


def test_reading_a_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot read your lessons"):
        read_lessons(tmp_path)


def test_a_model_with_a_number_without_end_has_no_metadata() -> None:
    assert metadata_of(b"\xff" * (16 << 20)) == {}  # to put that number together took hours
