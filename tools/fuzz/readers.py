"""Every reader of livecam that is given files or answers from the outside world, as a function of bytes.

A reader may raise ``LivecamError``, one line for a person; anything else is a crash.
"""

from __future__ import annotations

import io
import itertools
import socketserver
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from unittest import mock

from livecam.errors import LivecamError
from tools.fuzz import seeds

Read = Callable[[bytes, Path], None]


@dataclass(frozen=True, slots=True)
class Reader:
    """seeds: whole inputs, made in a folder.  read: reads one, may write in that folder alone."""

    seeds: Callable[[Path], list[bytes]]
    read: Read


def is_crash(read: Read, data: bytes, folder: Path) -> Exception | None:
    """Read data; what was raised if it is a crash."""
    try:
        read(data, folder)
    except LivecamError:
        return None
    except Exception as error:  # noqa: BLE001  that is what is looked for
        return error
    return None


def _picture(suffix: str, data: bytes, folder: Path) -> None:
    from livecam.photos.read import read  # noqa: PLC0415  what loads OpenCV is loaded by who needs it

    path = _written(folder / f"photo{suffix}", data)
    for side in (16, None):
        with suppress(LivecamError):
            read(path, min_side_px=side)


def _headers(data: bytes, folder: Path) -> None:
    from livecam.photos.capture_header import clip_header, photo_header  # noqa: PLC0415
    from livecam.sources.movie_length import movie_length_ms  # noqa: PLC0415
    from livecam.storage.marks import find_marks  # noqa: PLC0415

    for suffix in (".jpg", ".dng"):
        path = _written(folder / f"photo{suffix}", data)
        photo_header(path)
        with suppress(LivecamError):
            find_marks([path])
    clip = _written(folder / "clip.mov", data)
    clip_header(clip)
    movie_length_ms(clip)


def _clip(data: bytes, folder: Path) -> None:
    from livecam.sources.source import Pace, open_source  # noqa: PLC0415

    with open_source(str(_written(folder / "clip.mp4", data)), Pace.FAST) as source:
        for _ in range(30):
            if source.read(5.0) is None:
                break


def _sidecar(data: bytes, folder: Path) -> None:
    from livecam.storage.marks import Mark, find_marks  # noqa: PLC0415
    from livecam.storage.xmp_marks import write  # noqa: PLC0415

    photo = _written(folder / "photo.cr2", b"raw")
    sidecar = _written(folder / "photo.xmp", data)
    find_marks([photo])
    write(photo, Mark(4, "Red"))
    assert find_marks([photo]).mark.rating is not None, "what was written is not found"
    sidecar.unlink()


def _embedded(data: bytes, folder: Path) -> None:
    from livecam.storage.marks import Mark, find_marks  # noqa: PLC0415
    from livecam.storage.xmp_marks import write  # noqa: PLC0415

    photo = _written(folder / "photo.jpg", data)
    find_marks([photo])
    write(photo, Mark(4, "Red"), embed=True)
    assert find_marks([photo]).mark.rating is not None, "what was written is not found"


def _table(data: bytes, folder: Path) -> None:
    from livecam.best.choices_file import read_choices  # noqa: PLC0415
    from livecam.storage.ratings import Ratings  # noqa: PLC0415
    from model.data.ratings import read_ratings  # noqa: PLC0415

    path = _written(folder / "ratings.csv", data)
    for reading in (read_choices, read_ratings, lambda _: Ratings(folder).rate(folder / "new.jpg", 3)):
        with suppress(LivecamError):
            reading(path)


def _choices(data: bytes, folder: Path) -> None:
    from livecam.best.choices_file import read_choices  # noqa: PLC0415

    read_choices(_written(folder / "choices.json", data))


def _journal(data: bytes, folder: Path) -> None:
    from livecam.storage.journal import Journal, interrupted, journal_to_undo  # noqa: PLC0415

    path = _written(folder / "livecam-move-20260101-100000.jsonl", data)
    for read in (Journal.read, lambda _: interrupted(folder), lambda _: journal_to_undo(folder)):
        with suppress(LivecamError):
            read(path)


def _settings(data: bytes, folder: Path) -> None:
    from livecam.storage.marks import find_marks  # noqa: PLC0415

    photo = _written(folder / "photo.cr2", b"raw")
    for suffix in (".pp3", ".dop", ".on1"):
        beside = _written(folder / f"photo.cr2{suffix}", data)
        find_marks([photo])
        beside.unlink()
    inside = folder / "CaptureOne" / "Settings150"
    inside.mkdir(parents=True, exist_ok=True)
    _written(inside / "photo.cr2.cos", data)
    find_marks([photo])


def _scorer(data: bytes, folder: Path) -> None:
    from livecam.scoring.scorer import Scorer  # noqa: PLC0415

    Scorer(_written(folder / "scorer.onnx", data), provider="cpu").close()


def _scorers(folder: Path) -> list[bytes]:
    from tests.scoring.onnx_factories import make_model  # noqa: PLC0415  loads onnx

    return [make_model(folder / "m.onnx").read_bytes(), make_model(folder / "n.onnx", probabilities=False).read_bytes()]


def _checkpoint(data: bytes, folder: Path) -> None:
    from torch import nn  # noqa: PLC0415

    from model import checkpoint  # noqa: PLC0415
    from model.network import load_checkpoint  # noqa: PLC0415

    path = _written(folder / "model.safetensors", data)
    with suppress(LivecamError):
        load_checkpoint(nn.Linear(2, 1), path)
    # Of the real size a network takes a tenth of a second to make.
    small = mock.Mock(side_effect=lambda *_, **__: nn.Linear(2, 1))
    other = mock.Mock(side_effect=lambda: nn.Linear(7, 7))
    with mock.patch.object(checkpoint, "RatedNetwork", small), mock.patch.object(checkpoint, "ScorerNetwork", other):
        checkpoint.load_network(path)


def _log(data: bytes, folder: Path) -> None:
    from rich.console import Console  # noqa: PLC0415

    from livecam.explain.chart import render as chart  # noqa: PLC0415
    from livecam.explain.page import render as page  # noqa: PLC0415
    from livecam.explain.run_log import read_runs  # noqa: PLC0415

    for run in read_runs(_written(folder / "run.log", data)):
        page(run)
        Console(file=io.StringIO(), width=80).print(chart(run, 80))


class _Answer(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with suppress(OSError):
            self.request.settimeout(0.2)
            self.request.recv(4096)
            self.request.sendall(getattr(self.server, "data", b""))


@cache
def _server() -> socketserver.ThreadingTCPServer:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Answer)
    server.daemon_threads = True
    threading.Thread(target=partial(server.serve_forever, 0.01), daemon=True).start()
    return server


def _stream(data: bytes, folder: Path) -> None:
    del folder
    from livecam.sources import still_streams, stream  # noqa: PLC0415
    from livecam.sources.decoding import Decoder  # noqa: PLC0415

    server = _server()
    server.data = data  # type: ignore[attr-defined]
    scheme = "rtsp" if data.startswith(b"RTSP") else "http"
    quick = mock.patch.multiple(still_streams, POLL_S=0.0, LONGEST_POLL_S=0.0, SAME_S=0.0)
    with mock.patch.object(stream, "STREAM_TIMEOUT_S", 0.5), quick:
        device = stream.open_stream(f"{scheme}://127.0.0.1:{server.server_address[1]}/x", "camera")
        try:
            decoder = Decoder()
            for _ in itertools.takewhile(lambda _: device.grab(), range(5)):
                decoder.decode(device)
        finally:
            device.release()


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


READERS: Mapping[str, Reader] = {
    "image": Reader(seeds.pictures, partial(_picture, ".jpg")),
    "tiff": Reader(seeds.tiffs, partial(_picture, ".tif")),
    "raw": Reader(seeds.raws, partial(_picture, ".dng")),
    "tags": Reader(lambda f: [*seeds.raws(f), *seeds.pictures(f), *seeds.movies(f), *seeds.tiffs(f)], _headers),
    "clip": Reader(seeds.movies, _clip),
    "xmp": Reader(seeds.packets, _sidecar),
    "xmp-inside": Reader(seeds.marked_jpegs, _embedded),
    "csv": Reader(seeds.tables, _table),
    "choices": Reader(seeds.choices, _choices),
    "journal": Reader(seeds.journals, _journal),
    "settings": Reader(seeds.settings, _settings),
    "onnx": Reader(_scorers, _scorer),
    "safetensors": Reader(seeds.tensors, _checkpoint),
    "stream": Reader(seeds.streams, _stream),
    "log": Reader(seeds.logs, _log),
}
