"""Marks that photographers and their programs leave: XMP beside and inside photos, settings of raw developers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from livecam.storage.marks import Mark, find_marks
from livecam.storage.xmp_marks import write
from tests.photos.capture_factories import make_shot
from tests.photos.mark_factories import make_picture, packet
from tools.fuzz.reader import Reader, written

_PACKET = packet(
    'xmp:Rating="2" xmp:Label="Red"', '<rdf:Description xmlns:xmp="x"><xmp:Rating>3</xmp:Rating></rdf:Description>'
)


def _packet_seeds(folder: Path) -> list[bytes]:
    """XMP sidecars."""
    del folder
    nodes = (
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:Rating>-1</xmp:Rating>'
        "<xmp:Label>Green</xmp:Label></rdf:Description>"
    )
    texts = (packet(), packet('xmp:Rating="5" xmpDM:pick="1" photomechanic:ColorClass="3"'), packet("", nodes))
    return [*texts, texts[0].decode().encode("utf-16"), texts[1].replace(b"<?xpacket", b"<!--c--><?xpacket")]


def _marked_jpegs(folder: Path) -> list[bytes]:
    """JPEGs that XMP can be written into."""
    made = [
        make_picture(folder / "x.jpg", _PACKET, rating=1),
        make_picture(folder / "y.jpg"),
        make_shot(folder / "z.jpg"),
    ]
    return [path.read_bytes() for path in made]


def _settings_seeds(folder: Path) -> list[bytes]:
    """Settings files of raw developers."""
    del folder
    return [
        b"[General]\nRank=3\nColorLabel=2\nInTrash=false\n",
        b"Sidecar = {\n Source = {\n  Items = {\n {\n Rating = 4,\n},\n},\n},\n}\n",
        b'{"version": 1, "photos": {"1": {"metadata": {"Rating": 2}}}}',
        b'<SL><E K="Basic_Rating" V="5"/></SL>',
    ]


def _sidecar(data: bytes, folder: Path) -> None:
    photo = written(folder / "photo.cr2", b"raw")
    sidecar = written(folder / "photo.xmp", data)
    find_marks([photo])
    write(photo, Mark(4, "Red"))
    assert find_marks([photo]).mark.rating is not None, "what was written is not found"
    sidecar.unlink()


def _embedded(data: bytes, folder: Path) -> None:
    photo = written(folder / "photo.jpg", data)
    find_marks([photo])
    write(photo, Mark(4, "Red"), embed=True)
    assert find_marks([photo]).mark.rating is not None, "what was written is not found"


def _settings(data: bytes, folder: Path) -> None:
    photo = written(folder / "photo.cr2", b"raw")
    for suffix in (".pp3", ".dop", ".on1"):
        beside = written(folder / f"photo.cr2{suffix}", data)
        find_marks([photo])
        beside.unlink()
    inside = folder / "CaptureOne" / "Settings150"
    inside.mkdir(parents=True, exist_ok=True)
    written(inside / "photo.cr2.cos", data)
    find_marks([photo])


READERS: Mapping[str, Reader] = {
    "xmp": Reader(_packet_seeds, _sidecar),
    "xmp-inside": Reader(_marked_jpegs, _embedded),
    "settings": Reader(_settings_seeds, _settings),
}
