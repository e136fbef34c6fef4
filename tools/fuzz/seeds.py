"""Small files of every kind that livecam reads, whole ones: what the fuzzer damages."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tests.photos.capture_factories import make_movie, make_shot
from tests.photos.mark_factories import imagemagick_png, make_picture, packet
from tests.photos.tiff_factory import make_tiff

_PACKET = packet(
    'xmp:Rating="2" xmp:Label="Red"', '<rdf:Description xmlns:xmp="x"><xmp:Rating>3</xmp:Rating></rdf:Description>'
)


def pictures(folder: Path) -> list[bytes]:
    """Pictures with EXIF and XMP, of the kinds that many programs write."""
    names = ("a.jpg", "a.png", "a.webp", "a.gif", "a.heic", "a.avif")
    made = [make_picture(folder / name, _PACKET, rating=2, percent=50).read_bytes() for name in names]
    plain = Image.linear_gradient("L").resize((40, 30))
    for kind, mode in (("BMP", "RGB"), ("PNG", "P"), ("PNG", "LA"), ("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "I;16")):
        buffer = io.BytesIO()
        (plain.convert("RGB").convert(mode) if mode != "I;16" else Image.new("I;16", (8, 8))).save(buffer, kind)
        made.append(buffer.getvalue())
    return [*made, imagemagick_png(_PACKET)]


def tiffs(folder: Path) -> list[bytes]:
    """TIFFs, in all the ways that cameras and scanners have."""
    grey = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64)
    colour = np.dstack([grey, grey, grey])
    made = [
        make_tiff(grey), make_tiff(grey, order=">"), make_tiff(grey.astype(np.uint8)), make_tiff(grey, bits=12),
        make_tiff(colour, separate=True), make_tiff(colour, tile=16), make_tiff(grey, photometric=0),
        make_tiff(grey.astype(np.float32), sample_format=3),
    ]  # fmt: skip
    for compression in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits", "group4"):
        path = folder / f"{compression}.tif"
        image = Image.linear_gradient("L").resize((64, 48))
        (image.convert("1") if compression == "group4" else image.convert("RGB")).save(path, compression=compression)
        made.append(path.read_bytes())
    return made


def raws(folder: Path) -> list[bytes]:
    """The headers of raw files, and their previews."""
    names = ("a.dng", "a.nef", "a.cr3", "a.raf", "a.orf", "a.rw2", "a.pef")
    made = [make_picture(folder / name, _PACKET, rating=3, percent=50).read_bytes() for name in names]
    return [*made, *(make_shot(folder / f"shot{Path(name).suffix}", 5.0, serial="1").read_bytes() for name in names)]


def movies(folder: Path) -> list[bytes]:
    """Clips of eight frames, and the headers of longer ones."""
    made = [make_movie(folder / "a.mov").read_bytes(), make_movie(folder / "b.mov", wide=True).read_bytes()]
    for name, coding in (("a.mp4", "mp4v"), ("a.avi", "MJPG"), ("a.webm", "VP80")):
        writer = cv2.VideoWriter(str(folder / name), cv2.VideoWriter.fourcc(*coding), 30, (64, 48))
        for i in range(8):
            writer.write(np.full((48, 64, 3), i * 20, np.uint8))
        writer.release()
        made.append((folder / name).read_bytes())
    return made


def packets(folder: Path) -> list[bytes]:
    """XMP sidecars."""
    del folder
    nodes = (
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:Rating>-1</xmp:Rating>'
        "<xmp:Label>Green</xmp:Label></rdf:Description>"
    )
    texts = (packet(), packet('xmp:Rating="5" xmpDM:pick="1" photomechanic:ColorClass="3"'), packet("", nodes))
    return [*texts, texts[0].decode().encode("utf-16"), texts[1].replace(b"<?xpacket", b"<!--c--><?xpacket")]


def marked_jpegs(folder: Path) -> list[bytes]:
    """JPEGs that XMP can be written into."""
    made = [
        make_picture(folder / "x.jpg", _PACKET, rating=1),
        make_picture(folder / "y.jpg"),
        make_shot(folder / "z.jpg"),
    ]
    return [path.read_bytes() for path in made]


def tables(folder: Path) -> list[bytes]:
    """Ratings as people and programs keep them."""
    del folder
    rows = "path,rating,eyes,person\na.jpg,5,open,anna\nsub/b c.jpg,1,closed,\n"
    texts = (
        rows, rows.replace(",", ";"), rows.replace(",", "\t"), "\ufeff" + rows.replace("\n", "\r\n"),
        'path,rating\n"a, b.jpg","3"\n"C:\\Photos\\x.jpg",4\n', "path,rating\nfile:///tmp/a.jpg,2\n~/b.jpg,-1\n",
        "Filename;Bewertung\nä.jpg;5\n", "/no/a.jpg\n/no/b.mp4#t=1.500\n",
    )  # fmt: skip
    return [text.encode() for text in texts] + [rows.encode("utf-16"), texts[6].encode("cp1252")]


def choices(folder: Path) -> list[bytes]:
    """What the page of ``best`` saves."""
    photo = {
        "path": str(folder / "a.jpg"), "flag": "keep", "flag_by": "person", "stars": 4, "eyes": "forgiven", "bytes": 5,
        "modified_ns": "1700000000000000000", "captured": "2026-01-01T10:00:00", "phash": "00ff00ff00ff00ff",
        "files": [str(folder / "a.dng")],
    }  # fmt: skip
    frame = {"path": str(folder / "b.mp4"), "flag": "", "flag_by": "livecam", "stars": 0, "eyes": "", "t_ms": 1500.0}
    head = {"livecam_choices": 1, "generator": "livecam 0", "page": "0123", "photos": [photo, frame]}
    return [json.dumps(head).encode(), json.dumps(head, indent=1).encode(), b"/no/a.jpg\n/no/b.mp4#t=1.5\n"]


def journals(folder: Path) -> list[bytes]:
    """What ``best --move-to`` writes down."""
    steps = [{"photo": "a.jpg", "from": str(folder / name), "to": name} for name in ("a.jpg", "a.dng")]
    head = {"livecam_journal": 1, "action": "move", "steps": 2, "there": ["c.jpg"]}
    done = [{"done": 0}, {"done": 1}, {"end": True}, {"undo": True}, {"back": 1}]
    return [_lines([head, *steps, *done[:count]]) for count in (0, 2, 3, 5)]


def settings(folder: Path) -> list[bytes]:
    """Settings files of raw developers."""
    del folder
    return [
        b"[General]\nRank=3\nColorLabel=2\nInTrash=false\n",
        b"Sidecar = {\n Source = {\n  Items = {\n {\n Rating = 4,\n},\n},\n},\n}\n",
        b'{"version": 1, "photos": {"1": {"metadata": {"Rating": 2}}}}',
        b'<SL><E K="Basic_Rating" V="5"/></SL>',
    ]


def tensors(folder: Path) -> list[bytes]:
    """A checkpoint as small as one can be."""
    del folder
    about = {
        "schema": "1", "kind": "rated", "labels": [1], "model_version": "x", "head": "cross-entropy",
        "target": "rating", "landmarks": False,
    }  # fmt: skip
    header = json.dumps({
        "__metadata__": {"livecam": json.dumps(about)},
        "weight": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]},
        "bias": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]},
    }).encode()  # fmt: skip
    return [struct.pack("<Q", len(header)) + header + bytes(12)]


def streams(folder: Path) -> list[bytes]:
    """What a network camera answers, from the first byte on."""
    jpeg = make_shot(folder / "s.jpg").read_bytes()
    part = b"--f\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg) + jpeg + b"\r\n"
    bare = b"--f\r\nContent-Type: image/jpeg\r\n\r\n" + jpeg + b"\r\n"
    ok = b"HTTP/1.1 200 OK\r\nContent-Type: "
    return [
        ok + b"multipart/x-mixed-replace; boundary=f\r\n\r\n" + part * 4,
        ok + b'multipart/x-mixed-replace; boundary="f"\r\n\r\n' + bare * 3,
        ok + b"image/jpeg\r\n\r\n" + jpeg,
        ok + b"text/html\r\n\r\n<!doctype html><img src=x>",
        b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="c", nonce="1", qop="auth"\r\nContent-Length: 0\r\n\r\n',
        b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n",
        b"RTSP/1.0 454 Session Not Found\r\nCSeq: 1\r\n\r\n",
    ]


def logs(folder: Path) -> list[bytes]:
    """What ``run --log`` writes."""
    del folder
    start = {"livecam_log": 1, "event": "start", "at": "2026-11-28T15:50:00+00:00", "version": "0", "source": "demo"}
    second = {"event": "second", "t_ms": 0.0, "frames": 30, "faces": 1, "score": 3.5, "threshold": 4.5}
    events = [
        second | {"held": {"blurred": 20, "cooldown": 3}},
        second | {"t_ms": 61_000.0, "score": None, "held": {}},
        {
            "event": "missed",
            "t_ms": 500.0,
            "score": 4.6,
            "threshold": 4.5,
            "why": ["eyes_closed"],
            "who": "left person",
        },
        {"event": "shot", "t_ms": 61_300.0, "path": "a.jpg", "score": 4.8, "peak_t_ms": 61_000.0},
        {"event": "camera", "name": "cam", "state": "lost"},
        {"event": "disk", "state": "failing", "message": "the disk is full"},
        {"event": "log", "lost": 3},
        {"event": "summary", "shots": 1},
    ]
    return [_lines([start, *events]), _lines([start, second, start | {"at": "x"}, *events[:3]])]


def _lines(entries: Iterable[object]) -> bytes:
    return "".join(json.dumps(entry) + "\n" for entry in entries).encode()
