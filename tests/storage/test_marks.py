"""What a person has marked is found in every place, and the stronger word counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from livecam.errors import OutputError
from livecam.storage.marks import FoundMarks, Mark, find_marks
from tests.photos.mark_factories import make_picture, packet


def test_stars_of_all_places_are_found_and_the_most_count(tmp_path: Path) -> None:
    photo = make_picture(tmp_path / "a.dng", packet('xmp:Rating="1"'), rating=2)
    (tmp_path / "a.dng.xmp").write_bytes(packet('xmp:Rating="0" xmp:Label="Red"'))
    (tmp_path / "a.xmp").write_bytes(packet('xmp:Rating="3"'))

    found = find_marks([photo])

    assert found.mark == Mark(3, "Red")
    assert {place.path.name: place.mark.rating for place in found.places} == {"a.dng": 2, "a.dng.xmp": 0, "a.xmp": 3}
    assert found.disagree


def test_a_reject_is_stronger_than_any_stars(tmp_path: Path) -> None:
    photo = make_picture(tmp_path / "a.jpg", packet('xmp:Rating="-1"'))
    (tmp_path / "a.jpg.xmp").write_bytes(packet('xmp:Rating="5"'))

    assert find_marks([photo]).mark.rejected


def test_no_stars_are_no_word_against_stars(tmp_path: Path) -> None:
    photo = make_picture(tmp_path / "a.jpg", packet('xmp:Rating="0"'))
    (tmp_path / "a.jpg.xmp").write_bytes(packet('xmp:Rating="4"'))

    assert not find_marks([photo]).disagree


def test_what_one_file_of_a_pair_says_counts_for_the_pair(tmp_path: Path) -> None:
    files = [make_picture(tmp_path / "a.jpg"), make_picture(tmp_path / "a.dng", packet('xmp:Rating="-1"'))]

    assert find_marks(files).mark == Mark(-1)


@pytest.mark.parametrize(
    ("properties", "mark"),
    [
        ('xmp:Rating="2.000000"', Mark(2)),
        ('xmp:Rating="9"', Mark(5)),
        ('MicrosoftPhoto:Rating="75"', Mark(4)),
        ('digiKam:PickLabel="1" xmp:Rating="3"', Mark(-1)),
        ('digiKam:PickLabel="3"', Mark()),
        ('digiKam:ColorLabel="4"', Mark(label="4")),
        ('digiKam:ColorLabel="0" xmp:Label=""', Mark()),
        ('xmpDM:pick="-1"', Mark(-1)),
        ('xmpDM:pick="1"', Mark()),
    ],
)
def test_the_words_of_several_programs_are_understood(tmp_path: Path, properties: str, mark: Mark) -> None:
    (tmp_path / "a.jpg.xmp").write_bytes(packet(properties))

    assert find_marks([make_picture(tmp_path / "a.jpg")]).mark == mark


@pytest.mark.parametrize(
    ("node", "mark"),
    [
        ("<xmp:Rating> 3 </xmp:Rating>", Mark(3)),
        ("<xmp:Rating><rdf:Description rdf:value='4'/></xmp:Rating>", Mark(4)),
        ("<xmp:Rating rdf:value='4'/>", Mark(4)),
        ("<xmp:Rating>1</xmp:Rating><xmp:Label>Blue</xmp:Label>", Mark(2, "Blue")),
        ("<xmp:Label/><xmp:Rating/>", Mark(2)),
    ],
)
def test_a_property_may_be_an_element_in_any_node(tmp_path: Path, node: str, mark: Mark) -> None:
    nodes = f'<rdf:Description rdf:about="">{node}</rdf:Description>'
    (tmp_path / "a.jpg.xmp").write_bytes(packet('xmp:Rating="2"', nodes))

    assert find_marks([make_picture(tmp_path / "a.jpg")]).mark == mark


@pytest.mark.parametrize("rating", ["many", "nan", "1e9"])
def test_stars_that_are_no_number_are_said_and_not_guessed(tmp_path: Path, rating: str) -> None:
    (tmp_path / "a.jpg.xmp").write_bytes(packet(f'xmp:Rating="{rating}"'))

    with pytest.raises(OutputError, match="no number of stars"):
        find_marks([make_picture(tmp_path / "a.jpg")])


def test_room_for_xmp_that_nobody_has_filled_is_no_mark(tmp_path: Path) -> None:
    assert find_marks([make_picture(tmp_path / "a.dng", bytes(200))]) == FoundMarks()


def test_the_one_star_that_darktable_gives_every_photo_is_known(tmp_path: Path) -> None:
    photo = make_picture(tmp_path / "a.dng")
    darktable = 'xmlns:darktable="http://darktable.sf.net/" darktable:xmp_version="5" xmp:Rating="1"'
    (tmp_path / "a.dng.xmp").write_bytes(packet(darktable))
    assert find_marks([photo]).is_darktables_star

    (tmp_path / "a.xmp").write_bytes(packet('xmp:Rating="1"'))
    assert not find_marks([photo]).is_darktables_star


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("[General]\nRank=3\nInTrash=false\n", Mark(3)),
        ("[General]\r\nRank=0\r\nInTrash=true\r\n", Mark(-1)),
        ("[General]\nRank=0\nColorLabel=0\n", Mark(0)),
        ("[Exposure]\nAuto=false\n", Mark()),
    ],
)
def test_what_was_marked_in_rawtherapee_counts(tmp_path: Path, text: str, mark: Mark) -> None:
    (tmp_path / "a.dng.pp3").write_bytes(text.encode())

    assert find_marks([make_picture(tmp_path / "a.dng")]).mark == mark
