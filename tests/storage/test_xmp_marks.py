"""Marks go into what is there, and photo programs' own libraries read them back."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import ExifTags, Image

from livecam.errors import OutputError
from livecam.storage import write_through, xmp_marks, xmp_packet
from livecam.storage.xmp_marks import Mark
from tests.photos.mark_factories import make_picture, packet

FOREIGN = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<!-- a comment > that <stays -->
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Somebody's 1.0">
 <rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>
  <rdf:Description rdf:about='' xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:darktable="http://darktable.sf.net/" xmlns:odd="urn:odd#" odd:note="5 > 4 &amp; 'so'"
    darktable:history_end="2">
   <dc:subject><rdf:Bag><rdf:li>Müller</rdf:li><rdf:li><![CDATA[a <b>]]></rdf:li></rdf:Bag></dc:subject>
   <darktable:history><rdf:Seq><rdf:li darktable:operation="exposure" darktable:params="00ff"/></rdf:Seq>
   </darktable:history>
   <odd:deep rdf:parseType="Resource"><odd:rating xmlns:xmp="urn:not-adobe#" xmp:Rating="9"/></odd:deep>
  </rdf:Description>
  ELSEWHERE
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
ELSEWHERE = {
    "nowhere": "",
    "attributes": '<rdf:Description rdf:about="" xmlns:xap="http://ns.adobe.com/xap/1.0/" xap:Rating="2"'
    ' xap:Label="Blue"/>',
    "elements": '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:Rating>2</xmp:Rating>'
    "<xmp:Label/></rdf:Description>",
    "single quotes": "<rdf:Description rdf:about='' xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating = '2'/>",
}
LABEL = "Red & \"blue\" <'green'>"


def jpeg(*, xmp_packet: bytes | None = None, size: int = 16) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "somebody"
    buffer = io.BytesIO()
    more = {} if xmp_packet is None else {"xmp": xmp_packet}
    Image.linear_gradient("L").resize((size, size)).save(buffer, "JPEG", exif=exif, **more)
    return buffer.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def without_marks(data: bytes) -> bytes:
    """The packet as it would be had it never held a rating or label of Adobe's namespace."""
    text = re.sub(rb""" xmlns:(xmp|xap)=(["'])http://ns.adobe.com/xap/1.0/\2""", b"", data)
    text = re.sub(
        rb"""\s(xmp|xap):(Rating|Label)\s*=\s*("[^"]*"|'(?!9)[^']*')""", b"", text.replace(b'xmp:Rating="9"', b"NINE")
    )
    return re.sub(rb"<xmp:(Rating|Label)(/>|>[^<]*</xmp:\1>)", b"", text)


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_of_what_is_there_only_the_two_values_change(tmp_path: Path, elsewhere: str) -> None:
    photo, sidecar = tmp_path / "a.jpg", tmp_path / "a.jpg.xmp"
    before = FOREIGN.replace("ELSEWHERE", ELSEWHERE[elsewhere]).encode()
    sidecar.write_bytes(before)

    xmp_marks.write(photo, Mark(rating=4, label=LABEL))

    after = sidecar.read_bytes()
    assert xmp_marks.read(photo) == Mark(4, LABEL)
    assert after != before
    assert without_marks(after) == without_marks(before)

    xmp_marks.write(photo, Mark(rating=3))
    assert xmp_marks.read(photo) == Mark(3, LABEL)
    assert len(sidecar.read_bytes()) == len(after)  # nothing piles up


def flagged(pick: str, label: str) -> bytes:
    return packet(f'xmp:Rating="0" xmpDM:pick="{pick}" digiKam:PickLabel="{label}"')


def test_a_reject_is_said_in_the_words_of_lightroom_and_digikam_too_and_taken_back_by_stars(tmp_path: Path) -> None:
    photo, sidecar = tmp_path / "a.jpg", tmp_path / "a.jpg.xmp"
    sidecar.write_bytes(FOREIGN.replace("ELSEWHERE", "").encode())

    xmp_marks.write(photo, Mark(rating=-1))
    rejected = sidecar.read_bytes()
    assert all(text in rejected for text in (b'xmp:Rating="-1"', b'xmpDM:pick="-1"', b'digiKam:PickLabel="1"'))
    xmp_marks.write(photo, Mark(rating=-1))
    assert sidecar.read_bytes() == rejected

    xmp_marks.write(photo, Mark(rating=2))
    assert xmp_marks.read(photo) == Mark(2)


@pytest.mark.parametrize(
    ("rating", "before", "after"),
    [
        (-1, ("1", "3"), ("1", "3")),  # somebody's picks
        (-1, ("0", "2"), ("-1", "2")),  # pending
        (3, ("1", "3"), ("1", "3")),
        (3, ("-1", "1"), ("0", "0")),
    ],
)
def test_flags_that_somebody_has_set_stay(
    tmp_path: Path, rating: int, before: tuple[str, str], after: tuple[str, str]
) -> None:
    sidecar = tmp_path / "a.nef.xmp"
    sidecar.write_bytes(flagged(*before))

    xmp_marks.write(tmp_path / "a.nef", Mark(rating=rating))

    assert sidecar.read_bytes() == flagged(*after).replace(b'xmp:Rating="0"', f'xmp:Rating="{rating}"'.encode())


def test_a_sidecar_is_where_the_photo_programs_look_for_it(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.NEF", "c.heic", "c.dng"):
        (tmp_path / name).touch()
    (tmp_path / "a.xmp").write_bytes(xmp_packet.EMPTY)

    files = [xmp_marks.write(tmp_path / name, Mark(rating=3)) for name in ("a.jpg", "b.NEF", "c.heic", "c.dng")]

    assert [path.name for written in files for path in written] == ["a.xmp", "b.xmp", "c.heic.xmp", "c.xmp"]


def test_where_both_kinds_of_sidecar_are_there_they_say_the_same(tmp_path: Path) -> None:
    photo = tmp_path / "a.nef"
    for name in ("a.xmp", "a.nef.xmp"):
        (tmp_path / name).write_bytes(xmp_packet.EMPTY)
    assert len(xmp_marks.write(photo, Mark(rating=2))) == 2
    assert all(b'xmp:Rating="2"' in path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("before", "reads"),
    [
        (FOREIGN.replace("ELSEWHERE", "").encode("utf-16"), Mark(5)),
        (b"\xef\xbb\xbf" + FOREIGN.replace("ELSEWHERE", "").encode(), Mark(5)),
        (b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', Mark(5)),
        (b'<RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n</RDF>\0\0', Mark(5)),
    ],
    ids=["utf-16", "byte order mark", "no description", "default namespace"],
)
def test_unusual_packets_take_a_mark_too(tmp_path: Path, before: bytes, reads: Mark) -> None:
    (tmp_path / "a.jpg.xmp").write_bytes(before)
    xmp_marks.write(tmp_path / "a.jpg", Mark(rating=5))
    assert xmp_marks.read(tmp_path / "a.jpg") == reads


@pytest.mark.parametrize("content", [b"", b"hello", b"<a/>", FOREIGN[:300].encode(), b"\xff\xfe\0\xd8"])
def test_a_sidecar_that_is_none_is_left_alone_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg.xmp").write_bytes(content)
    with pytest.raises(OutputError, match="move it away") as failure:
        xmp_marks.write(tmp_path / "a.jpg", Mark(rating=5))
    assert "\n" not in str(failure.value)
    assert (tmp_path / "a.jpg.xmp").read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg.xmp"]


@pytest.mark.parametrize("within", [None, FOREIGN.replace("ELSEWHERE", "").encode()], ids=["none", "foreign"])
def test_inside_a_jpeg_everything_but_the_mark_stays(tmp_path: Path, within: bytes | None) -> None:
    photo = tmp_path / "a.jpg"
    before = jpeg(xmp_packet=within)
    photo.write_bytes(before)
    photo.chmod(0o640)
    os.utime(photo, (1_600_000_000, 1_600_000_000))

    assert xmp_marks.write(photo, Mark(4, "Green"), embed=True) == (photo,)

    after = photo.read_bytes()
    assert xmp_marks.read(photo) == Mark(4, "Green")
    assert after.endswith(before[before.index(b"\xff\xdb") :])  # tables and pixels
    with Image.open(photo) as image:
        assert image.getexif()[ExifTags.Base.Artist] == "somebody"
    assert (photo.stat().st_mode & 0o777, photo.stat().st_mtime) == (0o640, 1_600_000_000)
    if within is not None:
        assert without_marks(within) in without_marks(after)


def test_a_sidecar_that_is_marked_is_new_to_programs_that_go_by_its_time(tmp_path: Path) -> None:
    # darktable reads a sidecar again, and rsync copies it, when it is younger than what they have.
    sidecar = tmp_path / "a.jpg.xmp"
    sidecar.write_bytes(xmp_packet.EMPTY)
    os.utime(sidecar, (1_600_000_000, 1_600_000_000))

    xmp_marks.write(tmp_path / "a.jpg", Mark(rating=4))

    assert sidecar.stat().st_mtime > 1_600_000_000


def test_extended_xmp_and_the_pictures_behind_survive(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    plain = jpeg(xmp_packet=FOREIGN.replace("ELSEWHERE", "").encode())
    tables = plain.index(b"\xff\xdb")
    extension = segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40 + os.urandom(60_000))
    behind = segment(0xE2, b"MPF\0" + b"distances") + plain[tables:] + b"\xff\xd8 second picture"
    photo.write_bytes(plain[:tables] + extension * 2 + behind)

    xmp_marks.write(photo, Mark(rating=1), embed=True)

    assert photo.read_bytes().endswith(extension * 2 + behind)


def test_what_has_no_room_or_no_place_is_refused_and_stays(tmp_path: Path) -> None:
    plain = jpeg()
    start = plain.index(b"\xff\xdb")
    full = xmp_packet.EMPTY.replace(b"</x:xmpmeta>", b"<!--" + b"x" * 64_900 + b"--></x:xmpmeta>")
    name = b"http://ns.adobe.com/xap/1.0/\0"
    late = segment(0xE2, b"MPF\0") + segment(0xE1, name + xmp_packet.EMPTY)
    bad = {
        "full.jpg": plain[:start] + segment(0xE1, name + full + b" " * (65533 - len(name) - len(full))) + plain[start:],
        "late.jpg": plain[:start] + late + plain[start:],
        "cut.jpg": plain[:30],
        "a.png": b"\x89PNG",
    }
    for file, content in bad.items():
        (tmp_path / file).write_bytes(content)
        with pytest.raises(OutputError, match="take --xmp sidecar") as failure:
            xmp_marks.write(tmp_path / file, Mark(rating=3, label="x" * 600), embed=True)
        assert "\n" not in str(failure.value)
        assert (tmp_path / file).read_bytes() == content


def test_a_hard_link_that_link_to_made_sees_the_mark_too(tmp_path: Path) -> None:
    photo, link = tmp_path / "a.jpg", tmp_path / "keepers.jpg"
    photo.write_bytes(jpeg())
    os.link(photo, link)
    os.utime(photo, (1_600_000_000, 1_600_000_000))

    xmp_marks.write(photo, Mark(rating=4), embed=True)

    assert xmp_marks.read(link) == Mark(rating=4)
    assert photo.samefile(link)
    assert photo.stat().st_mtime == 1_600_000_000
    assert sorted(tmp_path.iterdir()) == [photo, link]


def test_a_sidecar_with_a_hard_link_stays_one_file(tmp_path: Path) -> None:
    sidecar, link = tmp_path / "a.xmp", tmp_path / "b.xmp"
    sidecar.write_bytes(FOREIGN.replace("ELSEWHERE", ELSEWHERE["attributes"]).encode())
    os.link(sidecar, link)

    xmp_marks.write(tmp_path / "a.nef", Mark(label="Red"))

    assert sidecar.samefile(link)
    assert b'xap:Label="Red"' in link.read_bytes()


def test_a_sidecar_that_is_a_link_stays_one_and_what_it_leads_to_gets_the_mark(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    real, link = tmp_path / "kept" / "real.xmp", tmp_path / "a.nef.xmp"
    real.write_bytes(FOREIGN.replace("ELSEWHERE", ELSEWHERE["attributes"]).encode())
    link.symlink_to("kept/real.xmp")

    xmp_marks.write(tmp_path / "a.nef", Mark(label="Red"))

    assert link.is_symlink()
    assert b'xap:Label="Red"' in real.read_bytes()


def test_a_sidecar_that_is_a_link_to_nowhere_is_said_and_left(tmp_path: Path) -> None:
    (tmp_path / "a.jpg.xmp").symlink_to("gone.xmp")

    with pytest.raises(OutputError, match=r"a\.jpg\.xmp is a link that leads nowhere: mend or remove the link"):
        xmp_marks.write(tmp_path / "a.jpg", Mark(4))

    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg.xmp"]


def test_a_sidecar_whose_name_is_as_long_as_can_be_is_written(tmp_path: Path) -> None:
    (sidecar,) = xmp_marks.write(tmp_path / f"{'a' * 247}.jpg", Mark(rating=4))

    assert len(sidecar.name) == 255
    assert b'Rating="4"' in sidecar.read_bytes()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_by_a_sidecars_name_is_said_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg.xmp")

    with pytest.raises(OutputError, match=r"cannot mark .*: that is a device or a pipe"):
        xmp_marks.write(tmp_path / "a.jpg", Mark(rating=4))


def test_a_write_through_hard_links_that_was_killed_leaves_a_whole_copy_and_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(jpeg())
    os.link(photo, tmp_path / "b.jpg")

    def killed(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", killed)
        patch.setattr(write_through, "replace_file", lambda path, data: path.write_bytes(data))
        with pytest.raises(KeyboardInterrupt):
            xmp_marks.write(photo, Mark(rating=4), embed=True)

    (copy,) = tmp_path.glob("*.livecam-whole")
    with Image.open(copy) as image:
        image.load()
    with pytest.raises(OutputError, match="is whole"):
        xmp_marks.write(photo, Mark(rating=4), embed=True)


@pytest.mark.parametrize("embed", [True, False])
def test_nothing_is_written_into_a_programs_library(tmp_path: Path, embed: bool) -> None:
    photo = tmp_path / "Photos Library.photoslibrary" / "originals" / "0" / "a.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(jpeg())

    with pytest.raises(OutputError, match=r"Photos Library.photoslibrary is its program's own: copy the photo"):
        xmp_marks.write(photo, Mark(rating=4), embed=embed)

    assert list(photo.parent.iterdir()) == [photo]
    assert photo.read_bytes() == jpeg()


@pytest.mark.parametrize("embed", [True, False])
def test_what_somebody_or_their_camera_has_made_read_only_is_not_marked(tmp_path: Path, embed: bool) -> None:
    photo, sidecar = tmp_path / "a.jpg", tmp_path / "a.jpg.xmp"
    photo.write_bytes(jpeg())
    sidecar.write_bytes(xmp_packet.EMPTY)
    (photo if embed else sidecar).chmod(0o444)

    with pytest.raises(
        OutputError, match=r"it is read-only: change its permissions" + ", or take --xmp sidecar" * embed
    ):
        xmp_marks.write(photo, Mark(rating=4), embed=embed)

    assert (photo.read_bytes(), sidecar.read_bytes()) == (jpeg(), xmp_packet.EMPTY)
    xmp_marks.write(photo, Mark(rating=4), embed=not embed)


@pytest.mark.parametrize("place", ["inside", "inside, linked", "in a sidecar", "in a new sidecar"])
def test_what_another_program_writes_while_a_photo_is_marked_stays(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(jpeg())
    if "linked" in place:
        os.link(photo, tmp_path / "b.jpg")
    marked = photo if "inside" in place else tmp_path / "a.jpg.xmp"
    if place == "in a sidecar":
        marked.write_bytes(xmp_packet.EMPTY)
    edited = jpeg(size=48) if marked == photo else xmp_packet.changed(xmp_packet.EMPTY, {"Rating": "2"})
    changed = xmp_marks._changed

    def meanwhile(*made: object) -> bytes:
        marked.write_bytes(edited)
        return changed(*made)  # type: ignore[arg-type]

    monkeypatch.setattr(xmp_marks, "_changed", meanwhile)
    with pytest.raises(OutputError, match=r"another program has just changed .*: run this again"):
        xmp_marks.write(photo, Mark(rating=4), embed="inside" in place)

    assert marked.read_bytes() == edited
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        {"a.jpg", marked.name} | ({"b.jpg"} if "linked" in place else set())
    )


@pytest.mark.parametrize("mark", [Mark(4, "Green"), Mark(2), Mark(-1), Mark(label="Green")])
def test_a_sidecar_of_livecams_is_untouched_until_anything_is_added_to_it(tmp_path: Path, mark: Mark) -> None:
    (sidecar,) = xmp_marks.write(tmp_path / "a.cr3", mark, by_livecam=True, label_by_livecam=True)
    made = sidecar.read_bytes()

    assert xmp_marks.is_untouched(sidecar)
    for change in (
        {"Rating": "5"},
        {"Label": "Red"},
        {"http://ns.adobe.com/camera-raw-settings/1.0/ Exposure2012": "1"},
    ):
        sidecar.write_bytes(xmp_packet.changed(made, change))
        assert not xmp_marks.is_untouched(sidecar)
    for other in (xmp_packet.EMPTY, b"livecam", b""):
        sidecar.write_bytes(other)
        assert not xmp_marks.is_untouched(sidecar)
    assert not xmp_marks.is_untouched(tmp_path / "absent.xmp")


def test_stars_of_a_person_in_a_sidecar_are_never_livecams(tmp_path: Path) -> None:
    (sidecar,) = xmp_marks.write(tmp_path / "a.cr3", Mark(4), by_livecam=True)
    xmp_marks.write(tmp_path / "a.cr3", Mark(4))  # on the page, the same
    (carried,) = xmp_marks.write(tmp_path / "b.cr3", Mark(label="Green"), carried=Mark(2), label_by_livecam=True)

    assert not xmp_marks.is_untouched(sidecar)
    assert not xmp_marks.is_untouched(carried)


def test_where_one_of_two_sidecars_is_none_neither_is_written(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.nef.xmp", tmp_path / "a.xmp"
    good.write_bytes(xmp_packet.EMPTY)
    bad.write_bytes(b"no")

    with pytest.raises(OutputError, match="not XMP"):
        xmp_marks.write(tmp_path / "a.nef", Mark(rating=4))

    assert (good.read_bytes(), bad.read_bytes()) == (xmp_packet.EMPTY, b"no")


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252", "UTF-16LE", "UTF-16BE", "utf-32"])
def test_the_encoding_that_a_sidecar_declares_is_honoured(tmp_path: Path, encoding: str) -> None:
    sidecar = tmp_path / "a.nef.xmp"
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n' + FOREIGN[FOREIGN.index("<x:") : FOREIGN.rindex("<?")]
    sidecar.write_bytes(text.replace("ELSEWHERE", ELSEWHERE["attributes"]).encode(encoding))
    assert xmp_marks.read(tmp_path / "a.nef") == Mark(2, "Blue")

    xmp_marks.write(tmp_path / "a.nef", Mark(label="Grün"))

    assert xmp_marks.read(tmp_path / "a.nef") == Mark(2, "Grün")
    after = sidecar.read_bytes().decode("utf-8")
    assert 'encoding="UTF-8"' in after
    assert "Müller" in after


def test_a_new_sidecar_says_also_what_the_photo_says_inside(tmp_path: Path) -> None:
    xmp_marks.write(tmp_path / "a.nef", Mark(label="Green"), carried=Mark(2, "Red"))
    xmp_marks.write(tmp_path / "a.nef", Mark(label="Blue"), carried=Mark(5))

    assert xmp_marks.read(tmp_path / "a.nef") == Mark(2, "Blue")


def test_the_first_xmp_inside_says_also_what_the_photo_says_elsewhere(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(jpeg())

    xmp_marks.write(photo, Mark(label="Green"), embed=True, carried=Mark(2))
    xmp_marks.write(photo, Mark(label="Blue"), embed=True, carried=Mark(5))

    assert xmp_marks.read(photo) == Mark(2, "Blue")


def test_padding_is_used_before_the_packet_grows(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    padded = xmp_packet.EMPTY.replace(b"\n<?xpacket end", b"\n" + b" " * 2000 + b"\n<?xpacket end")
    photo.write_bytes(jpeg(xmp_packet=padded))
    before = photo.stat().st_size
    xmp_marks.write(photo, Mark(3, "Yellow"), embed=True)
    assert photo.stat().st_size == before
    assert xmp_marks.read(photo) == Mark(3, "Yellow")


def test_nothing_marked_reads_as_nothing(tmp_path: Path) -> None:
    for name, content in (("a.jpg", jpeg()), ("a.png", b"\x89PNG")):
        (tmp_path / name).write_bytes(content)
        assert xmp_marks.read(tmp_path / name) == Mark()


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(
            f"needs {name} (Debian: apt-get install {'exiv2' if name == 'exiv2' else 'libimage-exiftool-perl'})"
        )
    return found


def exiv2(path: Path) -> dict[str, str]:
    command = [tool("exiv2"), "-PXkv", "print", str(path)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return {key: value for key, _, value in (re.sub(r"\s+", "\t", line, count=1).partition("\t") for line in lines)}


def exiftool(path: Path) -> dict[str, str]:
    command = [tool("exiftool"), "-json", "-G1", "-a", "-struct", str(path)]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)[0]
    return {key: str(value) for key, value in found.items() if key.startswith("XMP")}


@pytest.mark.slow
@pytest.mark.parametrize("embed", [False, True], ids=["sidecar", "inside"])
def test_exiv2_and_exiftool_read_our_marks_and_all_that_was_there(tmp_path: Path, embed: bool) -> None:
    # exiv2 is what darktable and digiKam read with.
    photo = tmp_path / "a.jpg"
    foreign = FOREIGN.replace("ELSEWHERE", ELSEWHERE["attributes"]).encode()
    photo.write_bytes(jpeg(xmp_packet=foreign if embed else None))
    file = photo if embed else tmp_path / "a.jpg.xmp"
    if not embed:
        file.write_bytes(foreign)
    before = exiv2(file), exiftool(file)

    xmp_marks.write(photo, Mark(4, "Red"), embed=embed)

    assert exiv2(file) == before[0] | {"Xmp.xmp.Rating": "4", "Xmp.xmp.Label": "Red"}
    assert exiftool(file) == before[1] | {"XMP-xmp:Rating": "4", "XMP-xmp:Label": "Red"}
    assert before[0]["Xmp.darktable.history_end"] == "2"
    assert len(before[0]) > 6


@pytest.mark.parametrize("program", ["exiv2", "exiftool"])
def test_what_they_write_into_our_sidecar_survives_our_next_mark(tmp_path: Path, program: str) -> None:
    (file,) = xmp_marks.write(tmp_path / "a.jpg", Mark(rating=2))
    if program == "exiv2":
        subprocess.run([tool("exiv2"), "-Mset Xmp.dc.creator me", "modify", str(file)], check=True)
    else:
        subprocess.run([tool("exiftool"), "-q", "-overwrite_original", "-XMP-dc:Creator=me", str(file)], check=True)
    before = exiv2(file)

    xmp_marks.write(tmp_path / "a.jpg", Mark(5, "Purple"))

    assert exiv2(file) == before | {"Xmp.xmp.Rating": "5", "Xmp.xmp.Label": "Purple"}
    assert before["Xmp.dc.creator"] == "me"


@pytest.mark.slow
@pytest.mark.parametrize("rating", [4, -1])
@pytest.mark.parametrize(
    ("photo", "file", "embed"),
    [
        ("a.jpg", "a.jpg.xmp", False),
        ("a.jpg", "a.jpg", True),
        ("a.dng", "a.xmp", False),
        ("a.heic", "a.heic.xmp", False),
    ],
)
def test_marks_of_each_kind_of_photo_are_where_docs_marks_says_and_are_read_there(
    tmp_path: Path, photo: str, file: str, embed: bool, rating: int
) -> None:
    make_picture(tmp_path / photo)

    (written,) = xmp_marks.write(tmp_path / photo, Mark(rating, "Green"), embed=embed)

    assert written == tmp_path / file
    assert {path.name for path in tmp_path.iterdir()} == {photo, file}
    flags = {"digiKam": {"PickLabel": "1"}, "xmpDM": {"pick": "-1"}} if rating < 0 else {}
    expected = {"xmp": {"Rating": str(rating), "Label": "Green"}} | flags
    told = {f"Xmp.{schema}.{name}": text for schema, values in expected.items() for name, text in values.items()}
    assert exiv2(written) == told
    read = {key: value for key, value in exiftool(written).items() if not key.endswith("XMPToolkit")}
    names = {f"XMP-{schema}:{name[0].upper()}{name[1:]}" for schema, values in expected.items() for name in values}
    assert read.keys() == names
    assert read["XMP-xmp:Rating"] == str(rating)
