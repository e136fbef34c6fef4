"""Changes values in an XMP packet without touching another byte of it.

The packet is parsed (expat), but only to learn where in the text things are; the new values are put in place there. So
unknown namespaces, comments, formatting, history and everything else outlast it, which no tree that is written out
again could promise.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMP = "http://ns.adobe.com/xap/1.0/"
_PREFIXES = {  # those that a packet does not declare itself, in the order in which they are tried
    _XMP: ("xmp", "xap"),
    "http://ns.adobe.com/xmp/1.0/DynamicMedia/": ("xmpDM",),
    "http://www.digikam.org/ns/1.0/": ("digiKam",),
    "urn:livecam:xmp:1#": ("livecam",),
}
EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    f' <rdf:RDF xmlns:rdf="{_RDF}">\n'
    f'  <rdf:Description rdf:about="" xmlns:xmp="{_XMP}"/>\n'
    " </rdf:RDF>\n"
    "</x:xmpmeta>\n"
    '<?xpacket end="w"?>'
).encode()
_ATTRIBUTE = re.compile(rb"""\s([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*')""")
_PADDING = re.compile(rb"\s*(?=<\?xpacket end=)")
_DECLARED = re.compile(rb"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)""")


class NotXmpError(Exception):
    """These bytes are no XMP; the message says why."""


@dataclass(slots=True)
class Element:
    """An element. name: "URI local".  start, end: offsets of its start tag.  close: of its end tag.

    attributes: by name; offsets of the value, and the value.  prefixes: by URI, those in force.  text: all of its own.
    """

    name: str
    start: int
    end: int
    attributes: dict[str, tuple[int, int, str]]
    prefixes: dict[str, str]
    text: str = ""
    close: int = 0
    children: list[Element] = field(default_factory=list)


def nodes_of(data: bytes) -> list[Element]:
    """Return the elements that hold the packet's properties. Raises NotXmpError."""
    return _rdf(_parse(_utf8(data))).children


def changed(data: bytes, texts: Mapping[str, str]) -> bytes:
    """Return the packet, as UTF-8, with these properties set: "URI local", or of the XMP namespace "local".

    Raises NotXmpError.
    """
    data = _utf8(data)
    rdf = _rdf(_parse(data))
    nodes = rdf.children
    edits: list[tuple[int, int, bytes]] = []  # start, stop, what goes there
    missing = []
    for given, text in texts.items():
        name = given if " " in given else f"{_XMP} {given}"
        spans = [node.attributes[name] for node in nodes if name in node.attributes]
        edits += [(start, stop, escape(text, {'"': "&quot;", "'": "&apos;"}).encode()) for start, stop, _ in spans]
        elements = [child for node in nodes for child in node.children if child.name == name]
        edits += [edit for element in elements for edit in _refill(data, element, text)]
        if not spans and not elements:
            missing.append((name, text))
    if missing and nodes:
        edits.append(_addition(data, nodes[0], missing))
    elif missing:
        edits.append(_new_node(data, rdf, missing))
    for start, stop, new in sorted(edits, reverse=True):
        data = data[:start] + new + data[stop:]
    return data


def fitted(data: bytes, length: int) -> bytes:
    """Return the packet with as much of the white space before its end that it has length bytes, if that can be."""
    if (match := _PADDING.search(data)) is None:
        return data
    room = len(match[0]) + length - len(data)
    if room < 0:
        return data
    # Padding only ever shrinks or grows at its end, and the packet's own line feeds stay in front.
    padding = match[0][:room] + b" " * max(room - len(match[0]), 0)
    return data[: match.start()] + padding + data[match.end() :]


def _utf8(data: bytes) -> bytes:
    """The packet as UTF-8, which offsets need, whatever encoding it has or declares. Raises NotXmpError."""
    codec = _codec(data)
    if codec is None:
        return data
    try:
        text = data.decode(codec)
    except (LookupError, UnicodeError):
        raise NotXmpError(f"it is not the {codec.upper()} that it says") from None
    return re.sub(r"""(<\?xml[^>]*encoding\s*=\s*["'])[^"']*""", r"\1UTF-8", text, count=1).encode()


def _codec(data: bytes) -> str | None:
    """What the packet is to be decoded with; None: it is UTF-8."""
    if data.startswith(codecs.BOM_UTF8):
        return None
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if data[:2] in {b"<\0", b"\0<"}:
        return "utf-16-le" if data[:1] == b"<" else "utf-16-be"
    declared = _DECLARED.match(data)
    name = declared[1].decode("ascii").lower() if declared else ""
    # What can be read as far as "encoding" has one byte for a letter, and cannot be UTF-16 though it may say so.
    return None if name in {"", "utf-8", "utf8", "us-ascii"} or name.startswith(("utf-16", "ucs", "utf-32")) else name


def _parse(data: bytes) -> Element:
    parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
    parser.ordered_attributes = True
    parser.buffer_text = True
    body = data.rstrip(b"\0 \r\n\t\x1a")  # some programs pad with zeros, or end as DOS did
    roots: list[Element] = []
    open_elements: list[Element] = []
    declared: dict[str, str] = {}

    def declare(prefix: str | None, uri: str | None) -> None:
        if prefix and uri:
            declared[uri] = prefix

    def begin(name: str, flat: list[str]) -> None:
        start = parser.CurrentByteIndex
        end = _tag_end(body, start)
        raw = [m for m in _ATTRIBUTE.finditer(body, start, end) if m[1] != b"xmlns" and not m[1].startswith(b"xmlns:")]
        attributes = {
            key: (match.start(2) + 1, match.end(2) - 1, value)
            for key, value, match in zip(flat[::2], flat[1::2], raw, strict=True)
        }
        outer = open_elements[-1].prefixes if open_elements else {}
        # A prefix that is declared anew hides what it stood for.
        kept = {uri: prefix for uri, prefix in outer.items() if prefix not in declared.values()}
        element = Element(name, start, end, attributes, kept | declared)
        declared.clear()
        (open_elements[-1].children if open_elements else roots).append(element)
        open_elements.append(element)

    def finish(_: str) -> None:
        open_elements.pop().close = parser.CurrentByteIndex

    def characters(text: str) -> None:
        open_elements[-1].text += text

    parser.StartNamespaceDeclHandler = declare
    parser.StartElementHandler = begin
    parser.EndElementHandler = finish
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise NotXmpError(str(error)) from None
    return roots[0]


def _tag_end(data: bytes, start: int) -> int:
    """Offset just behind the ">" of the tag at start; one inside quotes does not end it."""
    at, quote = start, 0
    while data[at] != ord(">") or quote:
        if quote:
            quote = 0 if data[at] == quote else quote
        elif data[at] in b"\"'":
            quote = data[at]
        at += 1
    return at + 1


def _rdf(root: Element) -> Element:
    """The element whose children hold the properties."""
    for element in (root, *root.children):
        if element.name == f"{_RDF} RDF":
            return element
    raise NotXmpError("no rdf:RDF in it")


def _is_empty(data: bytes, element: Element) -> bool:
    return data[element.end - 2 : element.end] == b"/>"


def _tag_name(data: bytes, element: Element) -> bytes:
    match = re.compile(rb"<([^\s/>]+)").match(data, element.start)
    assert match is not None  # noqa: S101  expat has seen the tag
    return match[1]


def _refill(data: bytes, element: Element, text: str) -> list[tuple[int, int, bytes]]:
    """Edits that give a property element another text."""
    new = escape(text).encode()
    if _is_empty(data, element):
        return [(element.end - 2, element.end, b">" + new + b"</" + _tag_name(data, element) + b">")]
    return [(element.end, element.close, new)]


def _addition(data: bytes, node: Element, missing: list[tuple[str, str]]) -> tuple[int, int, bytes]:
    """The edit that gives a node further properties, as attributes."""
    at = node.end - 2 if _is_empty(data, node) else node.end - 1
    return at, at, _attributes(node.prefixes, missing).encode()


def _attributes(declared: Mapping[str, str], missing: list[tuple[str, str]]) -> str:
    """Properties as attributes, with the namespaces that they need besides those declared: prefixes by URI."""
    prefixes = dict(declared)
    written = ""
    for name, text in missing:
        uri, _, local = name.rpartition(" ")
        if uri not in prefixes:
            taken = set(prefixes.values())
            numbered = (f"xmp{i}" for i in range(len(taken) + 1))
            prefixes[uri] = next(p for p in (*_PREFIXES.get(uri, ()), *numbered) if p not in taken)
            written += f' xmlns:{prefixes[uri]}="{uri}"'
        written += f" {prefixes[uri]}:{local}={quoteattr(text)}"
    return written


def _new_node(data: bytes, rdf: Element, missing: list[tuple[str, str]]) -> tuple[int, int, bytes]:
    """The edit that gives a packet without nodes one."""
    tag = _tag_name(data, rdf)
    description = tag.replace(b"RDF", b"Description")
    about = tag.replace(b"RDF", b"about") if b":" in tag else b"about"
    node = b"<" + description + b" " + about + b'=""' + _attributes(rdf.prefixes, missing).encode() + b"/>"
    if _is_empty(data, rdf):
        return rdf.end - 2, rdf.end, b">" + node + b"</" + tag + b">"
    return rdf.close, rdf.close, node
