"""Makes pictures of every kind that hold XMP and EXIF stars where cameras and programs put them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, PngImagePlugin

RATING, PERCENT = 0x4746, 0x4749
_XMP_ID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


def packet(properties: str = 'xmp:Rating="2"', nodes: str = "") -> bytes:
    """An XMP packet with these attributes, and further nodes behind."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/" xmlns:digiKam="http://www.digikam.org/ns/1.0/"'
        ' xmlns:photomechanic="http://ns.camerabits.com/photomechanic/1.0/"'
        f' xmlns:xmpDM="http://ns.adobe.com/xmp/1.0/DynamicMedia/"><rdf:Description rdf:about="" {properties}/>{nodes}'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def exif(rating: int | None = None, percent: int | None = None) -> Image.Exif:
    """An EXIF block with stars."""
    block = Image.Exif()
    block[ExifTags.Base.Artist] = "somebody"
    for tag, value in ((RATING, rating), (PERCENT, percent)):
        if value is not None:
            block[tag] = value
    return block


def make_picture(path: Path, xmp: bytes | None = None, rating: int | None = None, percent: int | None = None) -> Path:
    """A small picture of the kind that path's suffix names."""
    image = Image.linear_gradient("L").resize((64, 48)).convert("RGB")
    block = exif(rating, percent)
    more: dict[str, Any] = {} if xmp is None else {"xmp": xmp}
    kind = path.suffix.lower()
    if kind in {".jp2", ".psd"}:
        _save_with_blocks(image, path, block.tobytes()[6:], xmp)
    elif kind in {".jpg", ".jpeg"}:
        image.save(path, "JPEG", exif=block, **more)
    elif kind == ".webp":
        image.save(path, exif=block, **more)
    elif kind == ".png":
        info = PngImagePlugin.PngInfo()
        if xmp is not None:
            info.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=len(xmp) % 2 == 0)
        image.save(path, exif=block, pnginfo=info)
    elif kind in {".heic", ".avif"}:
        import pillow_heif  # noqa: PLC0415  writes HEIC, in the dev extra

        pillow_heif.from_pillow(image).save(path, exif=block.tobytes(), **more)
    elif kind == ".gif":
        image.convert("P").save(path)
        trailer = bytes((1, *range(255, -1, -1), 0))
        extension = b"" if xmp is None else b"\x21\xff\x0bXMP DataXMP" + xmp + trailer
        path.write_bytes(path.read_bytes()[:-1] + extension + b";")
    elif kind == ".raf":
        inside = io.BytesIO()
        image.save(inside, "JPEG", exif=block, **more)
        head = b"FUJIFILMCCD-RAW 0201FF".ljust(84, b"\0")
        path.write_bytes(head + struct.pack(">II", 92, len(inside.getvalue())) + inside.getvalue() + b"raw")
    elif kind == ".cr3":
        content = box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", b"") + box(b"free", bytes(100))
        path.write_bytes(content + (box(b"uuid", _XMP_ID + xmp) if xmp else b"") + box(b"mdat", bytes(1000)))
    else:
        path.write_bytes(tiff(xmp, rating, percent, big=kind in {".nef", ".pef"}, sub=kind == ".nef"))
    return path


def _save_with_blocks(image: Image.Image, path: Path, exif_block: bytes, xmp: bytes | None) -> None:
    if path.suffix == ".psd":
        path.write_bytes(psd(image, [(1058, exif_block), *([] if xmp is None else [(1060, xmp)])]))
        return
    image.save(path)
    marks = box(b"uuid", _XMP_ID + xmp) if xmp is not None else b""
    marks += box(b"uuid", b"JpgTiffExif->JP2" + exif_block)
    path.write_bytes(path.read_bytes() + marks + box(b"xml ", b"<no-xmp/>"))


def psd(image: Image.Image, resources: list[tuple[int, bytes]], signed: Mapping[int, bytes] | None = None) -> bytes:
    """A picture as Photoshop saves it, without layers, with these image resources, of which the first has a name.

    signed: by their place, those of other programs.
    """
    blocks = b"".join(
        (signed or {}).get(i, b"8BIM")
        + struct.pack(">H", number)
        + (b"\0\0" if i else b"\2ab\0")
        + struct.pack(">I", len(data))
        + data
        + bytes(len(data) % 2)
        for i, (number, data) in enumerate(resources)
    )
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, image.height, image.width, 8, 3)
    planes = b"".join(band.tobytes() for band in image.split())
    return head + struct.pack(">I", 0) + struct.pack(">I", len(blocks)) + blocks + struct.pack(">IH", 0, 0) + planes


def box(kind: bytes, content: bytes) -> bytes:
    """An ISO box."""
    return struct.pack(">I", len(content) + 8) + kind + content


def tiff(
    xmp: bytes | None, rating: int | None = None, percent: int | None = None, *, big: bool = False, sub: bool = False
) -> bytes:
    """The headers of a raw file. big: its order of bytes.  sub: the XMP stands in a directory below the first."""
    order = ">" if big else "<"
    found = [(RATING, 3, rating), (PERCENT, 3, percent)]
    main = [(tag, kind, 1, struct.pack(order + "H", value)) for tag, kind, value in found if value is not None]
    packets = [(700, 1, len(xmp), xmp)] if xmp is not None else []
    if not sub:
        return _head(order, big) + _directory(order, 8, [*main, *packets])
    length = len(_directory(order, 8, [*main, (330, 4, 1, bytes(4))]))
    main.append((330, 4, 1, struct.pack(order + "I", 8 + length)))
    return _head(order, big) + _directory(order, 8, main) + _directory(order, 8 + length, packets)


def _head(order: str, big: bool) -> bytes:
    return (b"MM\0*" if big else b"II*\0") + struct.pack(order + "I", 8)


def _directory(order: str, at: int, entries: list[tuple[int, int, int, bytes]]) -> bytes:
    entries = sorted([(256, 3, 1, struct.pack(order + "H", 64)), *entries])
    behind = at + 2 + 12 * len(entries) + 4
    head, data = struct.pack(order + "H", len(entries)), b""
    for tag, kind, count, value in entries:
        field = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(order + "I", behind + len(data))
        head += struct.pack(order + "HHI", tag, kind, count) + field
        data += value if len(value) > 4 else b""
    return head + bytes(4) + data


def imagemagick_png(xmp: bytes) -> bytes:
    """A PNG with XMP as ImageMagick puts it there: as hexadecimal digits, packed."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    data = buffer.getvalue()
    text = b"\nxmp\n%8d\n" % len(xmp) + b"\n".join(xmp.hex().encode()[i : i + 72] for i in range(0, len(xmp) * 2, 72))
    body = b"zTXtRaw profile type xmp\0\0" + zlib.compress(text)
    return data[:33] + struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]
