"""Reads what an XMP packet says about stars, rejection and labels, in the words of several programs.

xmp:Rating and xmp:Label (ISO 16684-1), MicrosoftPhoto:Rating (Windows: 1, 25, 50, 75, 99), acdsee:rating, digiKam's
PickLabel (1 is rejected) and ColorLabel, xmpDM:pick (Lightroom's flags, -1 is rejected), and what Photo Mechanic notes
of its own: the Rating among its Prefs, ColorClass, and its tag, which ACDSee has too and which is a pick. Sources:
docs/marks.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from livecam.photos.tiff_tags import stars_of_percent
from livecam.storage.xmp_packet import Element, NotXmpError, nodes_of

_RDF_VALUE = "http://www.w3.org/1999/02/22-rdf-syntax-ns# value"
XMP_NAMESPACE = "http://ns.adobe.com/xap/1.0/"
_STARS = frozenset((f"{XMP_NAMESPACE} Rating", "http://ns.acdsee.com/iptc/1.0/ rating"))
_PERCENT = frozenset((
    "http://ns.microsoft.com/photo/1.0/ Rating", "http://ns.microsoft.com/photo/1.0 Rating",
    f"{XMP_NAMESPACE} RatingPercent",
))  # fmt: skip
# How programs that do not read a rating of -1 say that a photo is rejected, each with its word; and that it is not.
REJECTED = {"http://www.digikam.org/ns/1.0/ PickLabel": "1", "http://ns.adobe.com/xmp/1.0/DynamicMedia/ pick": "-1"}
NOT_REJECTED = "0"
_PICKED = {"http://www.digikam.org/ns/1.0/ PickLabel": "3", "http://ns.adobe.com/xmp/1.0/DynamicMedia/ pick": "1"}
# What livecam itself has rated a photo with: while xmp:Rating says the same, nobody has changed it.
RATED_BY_LIVECAM = "urn:livecam:xmp:1# rated"
# The label that livecam has given by itself, likewise.
LABELLED_BY_LIVECAM = "urn:livecam:xmp:1# labelled"
# What pictures of ``livecam run`` say instead that were taken before it wrote that note too: the score of a face.
_SCORED_BY_LIVECAM = "urn:livecam:xmp:1# Score"
_LABEL = f"{XMP_NAMESPACE} Label"
_PHOTO_MECHANIC = "http://ns.camerabits.com/photomechanic/1.0/"
_COLOUR_NUMBERS = frozenset(("http://www.digikam.org/ns/1.0/ ColorLabel", f"{_PHOTO_MECHANIC} ColorClass"))
_TAGGED = frozenset((f"{_PHOTO_MECHANIC} Tagged", "http://ns.acdsee.com/iptc/1.0/ tagged"))
_PREFS = f"{_PHOTO_MECHANIC} Prefs"
# Tag, colour class, rating and number: "1:0:2:000003", or as ExifTool shows it "Tagged:1, ColorClass:0, Rating:2, …".
_PREFS_RATING = re.compile(r"\bRating:\s*(-?\d+)|^\s*\d+:\s*\d+:\s*(\d+):")
_PREFS_TAGGED = re.compile(r"\bTagged:\s*1\b|^\s*1:")
_DARKTABLE = "http://darktable.sf.net/"


@dataclass(frozen=True, slots=True)
class XmpValues:
    """What a packet says. stars: -1 rejected, 0 none, 1..5, of each property that has them.  labels: none empty.

    darktable: it was written by darktable, which gives every photo one star.  picked: by a flag, which is no stars.
    livecams: all its stars are those that livecam wrote.  livecams_label: so are its labels.
    """

    stars: tuple[int, ...]
    labels: tuple[str, ...]
    darktable: bool
    picked: bool = False
    livecams: bool = False
    livecams_label: bool = False


def xmp_values(data: bytes) -> XmpValues:
    """Return what the packet says. Raises NotXmpError, also for stars that are no number."""
    nodes = nodes_of(data)
    properties = list(_properties(nodes))
    stars: list[int] = []
    labels: list[str] = []
    for name, text in properties:
        if name in _STARS and text:
            stars.append(_stars(text))
        elif name in _PERCENT and text:
            stars.append(stars_of_percent(_number(text)))
        elif REJECTED.get(name) == text:
            stars.append(-1)
        elif name == _PREFS and (rating := _PREFS_RATING.search(text)):
            stars.append(_stars(rating[1] or rating[2]))
        elif (name == _LABEL and text) or (name in _COLOUR_NUMBERS and text not in {"", "0", "-1"}):
            labels.append(text)
    darktable = any(_DARKTABLE in node.prefixes for node in nodes)
    picked = any(_is_pick(name, text) for name, text in properties)
    rated = {_stars(text) for name, text in properties if name == RATED_BY_LIVECAM and text}
    if not rated:
        scores = {int(_number(text) + 0.5) for name, text in properties if name == _SCORED_BY_LIVECAM and text}
        rated = scores & set(stars)
    labelled = {text for name, text in properties if name == LABELLED_BY_LIVECAM and text}
    return XmpValues(
        tuple(stars),
        tuple(labels),
        darktable,
        picked,
        livecams=bool(stars) and set(stars) == rated,
        livecams_label=bool(labels) and set(labels) == labelled,
    )


def texts_of(data: bytes, name: str) -> list[str]:
    """Return what the packet says in the properties of this name, "URI local". Raises NotXmpError."""
    return [text for found, text in _properties(nodes_of(data)) if found == name]


def flags(data: bytes) -> dict[str, str]:
    """Return what the packet says in the properties of ``REJECTED``, and livecam's own notes. Raises NotXmpError."""
    wanted = REJECTED.keys() | {RATED_BY_LIVECAM, LABELLED_BY_LIVECAM}
    return {name: text for name, text in _properties(nodes_of(data)) if name in wanted}


def _is_pick(name: str, text: str) -> bool:
    if name == _PREFS:
        return _PREFS_TAGGED.search(text) is not None
    return _PICKED.get(name) == text or (name in _TAGGED and text.casefold() in {"true", "1"})


def _properties(nodes: list[Element]) -> Iterator[tuple[str, str]]:
    """Yield each property's name, "URI local", and its text."""
    for node in nodes:
        for name, (_, _, value) in node.attributes.items():
            yield name, value.strip()
        for child in node.children:
            yield child.name, _text(child)


def _text(element: Element) -> str:
    """The value of a property element, which may lie deeper: in an rdf:value, or in a list."""
    if _RDF_VALUE in element.attributes:
        return element.attributes[_RDF_VALUE][2].strip()
    return element.text.strip() or next((text for child in element.children if (text := _text(child))), "")


def _stars(text: str) -> int:
    return max(-1, min(round(_number(text)), 5))


def _number(text: str) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = float("nan")
    if not abs(number) < 1000:
        raise NotXmpError(f"its rating {text[:20]!r} is no number of stars")
    return number
