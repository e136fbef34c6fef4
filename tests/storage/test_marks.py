"""What a person has marked is found in every place, and the stronger word counts."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livecam.errors import OutputError
from livecam.storage.marks import FoundMarks, Mark, find_marks
from livecam.storage.settings_values import settings_values
from livecam.storage.xmp_marks import write
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
        ('photomechanic:ColorClass="3"', Mark(label="3")),
        ('photomechanic:Prefs="Tagged:1, ColorClass:0, Rating:2, FrameNum:4"', Mark(2)),
        ('photomechanic:Prefs="0:1:3:001460"', Mark(3)),  # as it stands in files
        ('photomechanic:Prefs="0:1:0:-00001"', Mark(0)),
        ('xmp:RatingPercent="75"', Mark(4)),
    ],
)
def test_the_words_of_several_programs_are_understood(tmp_path: Path, properties: str, mark: Mark) -> None:
    (tmp_path / "a.jpg.xmp").write_bytes(packet(properties))

    assert find_marks([make_picture(tmp_path / "a.jpg")]).mark == mark


@pytest.mark.parametrize(
    ("properties", "picked"),
    [
        ('xmpDM:pick="1"', True),
        ('digiKam:PickLabel="3"', True),
        ('digiKam:PickLabel="2"', False),
        ('photomechanic:Prefs="1:0:0:001460"', True),
        ('photomechanic:Prefs="0:1:1:001460"', False),
        ('photomechanic:Tagged="True"', True),
        ('photomechanic:Tagged="False"', False),
        ('xmlns:acdsee="http://ns.acdsee.com/iptc/1.0/" acdsee:tagged="True"', True),
        ('xmpDM:pick="1" xmp:Rating="-1"', False),
    ],
)
def test_a_pick_is_known_as_such(tmp_path: Path, properties: str, picked: bool) -> None:
    (tmp_path / "a.jpg.xmp").write_bytes(packet(properties))

    assert find_marks([make_picture(tmp_path / "a.jpg")]).picked == picked


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


@pytest.mark.parametrize(
    ("value", "stars"), [(b"6", 3), (b"7", 4), (b"10", 5), (b"0", None), (b"11", None), (b"\xff", None), (b"", None)]
)
def test_the_stars_that_kde_keeps_with_a_file_count(tmp_path: Path, value: bytes, stars: int | None) -> None:
    photo = make_picture(tmp_path / "a.jpg")
    try:
        os.setxattr(photo, "user.baloo.rating", value)
    except (AttributeError, OSError):
        pytest.skip("the file system, or the system, keeps no attributes")

    assert find_marks([photo]).mark.rating == stars


def test_a_sidecar_may_end_as_dos_ended_texts(tmp_path: Path) -> None:
    (tmp_path / "a.jpg.xmp").write_bytes(packet('xmp:Rating="3"') + b"\r\n\x1a")

    assert find_marks([make_picture(tmp_path / "a.jpg")]).mark == Mark(3)


def test_room_for_xmp_that_nobody_has_filled_is_no_mark(tmp_path: Path) -> None:
    assert find_marks([make_picture(tmp_path / "a.dng", bytes(200))]) == FoundMarks()


def test_the_one_star_that_darktable_gives_every_photo_is_known(tmp_path: Path) -> None:
    photo = make_picture(tmp_path / "a.dng")
    darktable = 'xmlns:darktable="http://darktable.sf.net/" darktable:xmp_version="5" xmp:Rating="1"'
    (tmp_path / "a.dng.xmp").write_bytes(packet(darktable))
    assert find_marks([photo]).is_darktables_star

    (tmp_path / "a.xmp").write_bytes(packet('xmp:Rating="1"'))
    assert not find_marks([photo]).is_darktables_star


DOP = """Sidecar = {
Source = {
Items = {
{
Name = "a.dng",
OutputItems = {
}
,
ProcessingStatus = 2,
Rating = %s,
Settings = {
HighRatingValue = 9,
}
}
}
}
}
"""
COS = '<?xml version="1.0"?><SL Engine="1300"><DL><E K="Basic_Exposure" V="0.5"/>%s</DL></SL>'
ON1 = '{"photos": {"guid-1": {"guid_locked": true, "metadata": {"Keywords": ["a"], "Rating": %s}}}, "version": 2023}'
GTHUMB = '<?xml version="1.0" encoding="UTF-8"?>\n<comment version="3.0">\n  <caption/>\n  %s\n</comment>\n'


def exposure(properties: str) -> str:
    """As Exposure writes it, with flags in a namespace of its own."""
    return packet(f'xmlns:a="urn:exposure" {properties}').decode("latin-1")


def nksc(inside: bytes) -> str:
    """As NX Studio writes it: the packet is in base64, in lines."""
    lines = "&#xA;".join(base64.b64encode(inside).decode()[at : at + 76] for at in range(0, 2000, 76))
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:ast="http://ns.nikon.com/asteroid/1.0/" xmlns:astype="http://ns.nikon.com/asteroid/Types/1.0/">'
        f'<ast:XMLPackets rdf:parseType="Resource"><rdf:value>{lines}</rdf:value></ast:XMLPackets>'
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )


@pytest.mark.parametrize(
    ("file", "text", "mark"),
    [
        ("a.dng.pp3", "[General]\nRank=3\nInTrash=false\n", Mark(3)),
        ("a.dng.pp3", "[General]\r\nRank=0\r\nInTrash=true\r\n", Mark(-1)),
        ("a.dng.pp3", "[General]\nRank=0\nColorLabel=0\n", Mark(0)),
        ("a.dng.pp3", "[General]\nRank=2\nColorLabel=4\n", Mark(2, "Blue")),
        ("a.dng.pp3", "[Exposure]\nAuto=false\n", Mark()),
        ("a.dng.dop", DOP % 3, Mark(3)),
        ("a.dng.dop", DOP % 0, Mark(0)),
        ("a.dng.dop", "Sidecar = { Software = 'x' }", Mark()),
        ("a.on1", ON1 % 4, Mark(4)),
        ("a.dng.on1", ON1 % 2, Mark(2)),
        ("a.on1", ON1 % '"many"', Mark()),
        ("a.on1", "[1, 2]", Mark()),
        ("a.on1", "\0\xff no JSON", Mark()),
        ("a.dng.rrdata", '{"version": 1, "rating": 4, "adjustments": {"exposure": 0.7}, "tags": null}', Mark(4)),
        ("a.dng.rrdata", '{"version": 1, "rating": 0, "adjustments": null}', Mark(0)),
        ("a.dng.rrdata", '{"rating": 1, "tags": ["sea", "color:red"]}', Mark(1, "Red")),
        ("a.dng.rrdata", '{"rating": "4", "tags": "color:red"}', Mark()),
        ("a.dng.rrdata", '{"rating": true}', Mark()),
        ("a.dng.rrdata", "[4]", Mark()),
        ("a.dng.arp", "[General]\nRank=3\nInTrash=false\n", Mark(3)),
        ("A.DNG.PP3", "[General]\nRank=3\nInTrash=false\n", Mark(3)),
        ("a.dng.json", '{"title": "a.dng", "trashed": true}', Mark(-1)),
        ("a.dng.json", '{"title": "a.dng", "trashed": "no"}', Mark()),
        ("a.dng.json", "[1", Mark()),
        ("CaptureOne/Settings166/a.dng.cos", COS % '<E K="Basic_Rating" V="5"/>', Mark(5)),
        ("CaptureOne/Settings166/a.dng.cos", COS % "", Mark()),
        ("CaptureOne/Settings166/b.dng.cos", COS % '<E K="Basic_Rating" V="5"/>', Mark()),
        ("NKSC_PARAM/a.dng.nksc", nksc(packet('xmp:Rating="3" xmp:Label="Red"')), Mark(3, "Red")),
        ("NKSC_PARAM/a.dng.nksc", nksc(packet('xmp:Rating="-1" MicrosoftPhoto:Rating="50"')), Mark(-1)),
        ("NKSC_PARAM/a.dng.nksc", nksc(b"no packet"), Mark()),
        ("NKSC_PARAM/a.dng.nksc", nksc(b"").replace("ast:XMLPackets", "ast:IPTC"), Mark()),
        ("NKSC_PARAM/a.dng.nksc", "no XMP", Mark()),
        ("NKSC_PARAM/b.dng.nksc", nksc(packet('xmp:Rating="3"')), Mark()),
        (".comments/a.dng.xml", GTHUMB % '<rating value="4"/>', Mark(4)),
        (".comments/a.dng.xml", GTHUMB % "", Mark()),
        (".comments/a.jpg.xml", GTHUMB % '<rating value="4"/>', Mark()),
        (".metadata/a.dng.gq.xmp", packet('xmp:Rating="-1" xmp:Label="Red"').decode("latin-1"), Mark(-1, "Red")),
        (".metadata/b.dng.gq.xmp", packet('xmp:Rating="3"').decode("latin-1"), Mark()),
        (".metadata/a.dng.gq.xmp", "no XMP", Mark()),
        ("Exposure Software/Exposure X7/a.dng.exposurex7", exposure('xmp:Rating="3" a:pickflag="0"'), Mark(3)),
        ("Exposure Software/Exposure X6/a.dng.exposurex6", exposure('xmp:Rating="3" a:pickflag="2"'), Mark(-1)),
        ("Exposure Software/Exposure X7/b.dng.exposurex7", exposure('xmp:Rating="3"'), Mark()),
        ("Exposure Software/Exposure X7/a.dng.exposurex7", "no XMP", Mark()),
    ],
)
def test_the_stars_that_raw_developers_keep_in_files_of_their_own_count(
    tmp_path: Path, file: str, text: str, mark: Mark
) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text, encoding="latin-1", newline="")

    assert find_marks([make_picture(tmp_path / "a.dng")]).mark == mark


@pytest.mark.parametrize("said", ['"favorited": true', '"favorited": false', '"favorited": 1'])
def test_a_favourite_in_google_takeouts_data_is_a_pick(tmp_path: Path, said: str) -> None:
    photo = make_picture(tmp_path / "a.jpg")
    (tmp_path / "a.jpg.supplemental-metad.json").write_text(f'{{"title": "a.jpg", {said}}}')

    assert find_marks([photo]).picked == (said == '"favorited": true')
    assert find_marks([photo]).mark == Mark()


@pytest.mark.parametrize("name", [".picasa.ini", "Picasa.ini"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_star_of_picasas_is_a_pick_of_its_photo_alone(tmp_path: Path, name: str, end: str) -> None:
    lines = (
        "[Picasa] name=Party [a.jpg] filters=crop64=1,[x] star=yes [b 1 (2).jpg] star=no backuphash=1 [ü.jpg] star=yes"
    )
    said = lines.replace(" [", "\n[").replace("] ", "]\n").replace(" star", "\nstar").replace(" backup", "\nbackup")
    (tmp_path / name).write_bytes(said.replace("\n", end).encode())
    photos = [make_picture(tmp_path / photo) for photo in ("a.jpg", "A.cr2", "b 1 (2).jpg", "c.jpg", "ü.jpg")]

    assert [find_marks([photo]).picked for photo in photos] == [True, False, False, False, True]
    assert find_marks(photos[:2]).picked
    assert {find_marks([photo]).mark for photo in photos} == {Mark()}


def test_a_pick_of_exposures_is_a_pick(tmp_path: Path) -> None:
    sidecar = tmp_path / "Exposure Software" / "Exposure X7" / "a.dng.exposurex7"
    sidecar.parent.mkdir(parents=True)
    sidecar.write_text(exposure('a:pickflag="1"'), encoding="latin-1")

    assert find_marks([make_picture(tmp_path / "a.dng")]).picked


@pytest.mark.parametrize("name", ["Photo Details.csv", "Photo Details-1.csv", "photo details-12.CSV"])
def test_favourites_in_apples_export_are_picks_and_what_was_deleted_is_rejected(tmp_path: Path, name: str) -> None:
    head = "imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount,importDate"
    rows = [
        'a.jpg,x,yes,no,no,"Saturday June 4,2022 12:11 PM GMT",1,',
        "b.jpg,y,no,yes,no,,,",
        '"c, 1.jpg",z,yes,no,yes,,,',
    ]
    (tmp_path / name).write_text("\r\n".join([head, *rows, ""]), encoding="utf-8", newline="")
    found = [find_marks([make_picture(tmp_path / photo)]) for photo in ("a.jpg", "b.jpg", "c, 1.jpg", "A.jpg")]

    assert [marks.picked for marks in found] == [True, False, False, False]
    assert [marks.mark.rating for marks in found] == [None, None, -1, None]


@pytest.mark.parametrize("table", [b"", b"a,b\n1,2\n", b'\0\xff,\n"', b"imgName,favorite\n\xff,yes\n,yes\nb.jpg"])
def test_another_table_of_that_name_is_no_failure(tmp_path: Path, table: bytes) -> None:
    (tmp_path / "Photo Details.csv").write_bytes(table)

    assert find_marks([make_picture(tmp_path / "a.jpg")]) == FoundMarks()


@pytest.mark.parametrize("sidecar", ["a 1.xmp", "Ä 1.XMP", "A\u0308 1.xmp", "ä 1.CR3.xmp", "ä 1.cr3.Xmp"])
def test_a_sidecar_whose_name_came_back_in_another_spelling_is_the_photos(tmp_path: Path, sidecar: str) -> None:
    photo = make_picture(tmp_path / "\u00e4 1.cr3", packet("xmp:CreateDate='2026'"))
    if (tmp_path / sidecar).exists():
        pytest.skip("the disk takes them for one name")
    (tmp_path / sidecar).write_bytes(packet('xmp:Rating="3"'))

    found = find_marks([photo]).mark
    if not sidecar.startswith("a"):  # another letter
        assert found == Mark(3)
        assert write(photo, Mark(4)) == (tmp_path / sidecar,)
    else:
        assert found == Mark()


def test_of_photos_whose_names_differ_by_case_alone_each_has_its_own_sidecar(tmp_path: Path) -> None:
    upper, lower = make_picture(tmp_path / "IMG_1.JPG"), make_picture(tmp_path / "img_1.jpg")
    if upper.samefile(lower):
        pytest.skip("the disk takes them for one name")
    (tmp_path / "IMG_1.JPG.xmp").write_bytes(packet('xmp:Rating="3"'))
    (tmp_path / "IMG_1.xmp").write_bytes(packet('xmp:Label="Red"'))

    assert find_marks([upper]).mark == Mark(3, "Red")
    assert find_marks([lower]).mark == Mark()


def test_of_several_versions_in_a_settings_file_the_most_stars_count(tmp_path: Path) -> None:
    (tmp_path / "a.dng.dop").write_text(DOP % 1 + DOP % 4)

    assert find_marks([make_picture(tmp_path / "a.dng")]).mark == Mark(4)


@given(st.sampled_from(["a.dng.pp3", "a.dng.dop", "a.on1", "a.dng.cos"]), st.binary(max_size=300))
def test_noise_in_a_settings_file_is_no_failure(name: str, data: bytes) -> None:
    found = settings_values(Path(name), data)

    assert found.stars is None or -1 <= found.stars <= 5
