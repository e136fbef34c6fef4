"""What is told of a run in words."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from livecam.best.outputs.report import as_json, print_failures, table
from livecam.best.ranking.ranked import RankedGroup, rank
from livecam.best.series.settings import Kind
from livecam.types import Reason
from livecam.wording import counted
from tests.best.records.factories import make_face_record, make_record


@pytest.mark.parametrize(("count", "text"), [(1, "1 photo"), (0, "0 photos"), (1200, "1,200 photos")])
def test_a_count_is_in_the_right_number(count: int, text: str) -> None:
    assert counted(count, "photo") == text


def test_a_plural_without_s_is_given() -> None:
    assert [counted(n, "photo or clip", "photos and clips") for n in (1, 2)] == [
        "1 photo or clip",
        "2 photos and clips",
    ]


def test_of_many_failures_the_first_are_printed_and_the_rest_is_counted() -> None:
    output = io.StringIO()

    print_failures([f"0.jpg has {i} faults" for i in range(23)], Console(file=output, width=100))

    lines = output.getvalue().splitlines()
    assert lines[0] == "livecam: 0.jpg has 0 faults"
    assert lines[19:] == ["livecam: 0.jpg has 19 faults", "livecam: and 3 more"]


@pytest.mark.parametrize(
    ("kind", "kept_whole", "title", "stars"),
    [
        (Kind.BURST, False, "a, 3 photos", 1),
        (Kind.BRACKET, True, "a, bracket of 3 photos, all kept", 3),
        (Kind.FOCUS, True, "a, focus stack of 3 photos, all kept", 3),
        (Kind.PANORAMA, False, "a, panorama of 3 photos", 1),
    ],
)
def test_the_table_says_what_a_group_is_and_what_is_kept_of_it(
    kind: Kind, kept_whole: bool, title: str, stars: int
) -> None:
    records = tuple(make_record(path=f"{name}.jpg") for name in "abc")
    output = io.StringIO()

    Console(file=output, width=160).print(table([RankedGroup("a", records, rank(records), kind, kept_whole)], 1))

    lines = [line.strip() for line in output.getvalue().splitlines()]
    assert title in lines
    assert sum(line.startswith("★") for line in lines) == stars


@pytest.mark.parametrize(
    ("path", "companions", "said"),
    [
        ("a.jpg", (), ""),
        ("a.JPG", ("a.CR3",), " (raw + JPEG)"),
        ("a.JPG", ("a.mov", "a.HEIC", "b/a.dng"), " (raw + JPEG + HEIC + live)"),
        ("a.heic", ("a_HEVC.MOV",), " (HEIC + live)"),
        ("a-edited.jpg", ("a.jpg", "a.tif"), " (2 JPEG + TIFF)"),
    ],
)
def test_the_table_says_which_files_a_photo_is(path: str, companions: tuple[str, ...], said: str) -> None:
    record = replace(make_record(path=path), companions=tuple(map(Path, companions)))
    output = io.StringIO()

    Console(file=output, width=160).print(table([RankedGroup("a", (record,), rank([record]))], 1))

    assert f"{path}{said}  " in output.getvalue()


def test_what_is_hidden_is_said_of_each_photo_for_people_and_for_programs() -> None:
    worn = [make_face_record(score=score, reasons=(Reason.EYES_HIDDEN,)) for score in (4.0, 1.2)]
    records = tuple(make_record(face, path=f"{i}.jpg") for i, face in enumerate(worn))
    group = RankedGroup("sun", records, rank(records))

    entries = as_json(group)["ranking"]

    assert isinstance(entries, list)
    assert [entry["reasons"][-1] for entry in entries] == ["eyes hidden"] * 2
    output = io.StringIO()
    Console(file=output, width=160).print(table([group], 1))
    assert output.getvalue().count("eyes hidden") == 2


def test_a_photo_of_a_store_or_a_zip_file_has_its_address_in_the_table() -> None:
    addresses = "s3://shoots/a/1.jpg", "zip://b/2.jpg::/w/all.zip"
    records = tuple(make_record(path=address) for address in (*addresses, "/w/3.jpg"))
    output = io.StringIO()

    Console(file=output, width=160).print(table([RankedGroup("a", records, rank(records))], 1))

    assert all(address in output.getvalue() for address in addresses)
