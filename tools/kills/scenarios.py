"""What is killed, and what must hold afterwards: nothing torn, and nothing lost of what was there or was announced."""

from __future__ import annotations

import json
import random
import signal
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

from livecam.errors import LivecamError
from livecam.model_factory import ModelFactory, ScorerLike
from livecam.storage.marks import find_marks
from livecam.types import FaceCrop, Score
from tests.best.photo_factories import make_photo
from tests.best.scan.fake_models import FakeModels
from tests.commands.fake_models import OneSmile, SmilingModels
from tests.commands.run_factories import make_clip
from tests.factories import make_score
from tools.kills.forked import Ended, Kill, forked, livecam

_PHOTOS = 6
_PERIOD = 75  # frames from smile to smile


class _Smiles(OneSmile):
    """Sees a face that smiles every two and a half seconds."""

    path = Path(__file__)  # whose hash stands for the network's

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:  # noqa: ARG002
        """Of the one face."""
        place = self._count % _PERIOD
        self._count += 1
        return (make_score(4.9 - 0.05 * abs(place - 50) if 40 <= place < 60 else 2.8, eyes=(0.01, 0.02)),)


class SmilesModels(SmilingModels):
    """As the real ones, for a face that smiles again and again."""

    def scorer(self, model: Path | None = None, *, provider: str = "auto", busy: bool = False) -> ScorerLike:  # noqa: ARG002
        """See ModelFactory."""
        return _Smiles((0, 0))


@dataclass(frozen=True, slots=True)
class Scenario:
    """make: the files, in a folder.  words: the command.  models: its models.

    faults: what is wrong after it was killed, each in a line. It may run the command again.
    """

    make: Callable[[Path], None]
    words: Callable[[Path], list[str]]
    models: Callable[[], ModelFactory]
    faults: Callable[[Scenario, Path, Ended, Kill], list[str]]

    def prepare(self, folder: Path) -> None:
        """Make the files in a fork: what OpenCV starts to write a clip would not be there in the next one."""

        def work() -> int:
            self.make(folder)
            return 0

        if (ended := forked(work, folder)).code != 0:
            raise RuntimeError(ended.err)

    def run(self, folder: Path, kill: Kill | None = None) -> Ended:
        """Run the command in folder, where all has been made."""
        return livecam(self.words(folder), self.models, folder, kill)


def draw_kill(chance: random.Random, longest_s: float) -> Kill:
    """Any moment of a run, and any way to end it; people press Ctrl-C more than once."""
    number = chance.choice((signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT))
    times = 1 if number == signal.SIGKILL else chance.randint(1, 4)
    return Kill(chance.uniform(0, longest_s), number, times, chance.uniform(0, 0.05))


def is_whole(path: Path) -> bool:
    """Whether a JPEG can be decoded to its last row."""
    try:
        with Image.open(path) as image:
            image.load()
    except OSError:
        return False
    return path.read_bytes().endswith(b"\xff\xd9")


def _wrong_end(ended: Ended, kill: Kill) -> list[str]:
    """A signal that can be caught ends in its own code, or came when all was done."""
    allowed = {-kill.number, 0} if kill.number == signal.SIGKILL else {128 + kill.number, 0}
    if kill.number != signal.SIGKILL and ended.code == -kill.number and not ended.out:
        return []  # before livecam had begun to listen
    return [] if ended.code in allowed else [f"ended with {ended.code}: {ended.err.strip()[-200:]}"]


def _of_run(scenario: Scenario, folder: Path, ended: Ended, kill: Kill) -> list[str]:
    faults = _wrong_end(ended, kill)
    events = [json.loads(line) for line in ended.out.splitlines(keepends=True) if line.endswith("\n")]
    announced = [Path(event["path"]) for event in events if event["event"] == "shot"]
    faults += [f"lost: {path.name}" for path in announced if not path.exists()]
    there = sorted((folder / "pictures").glob("*.jpg"))
    faults += [f"torn: {path.name}" for path in there if not is_whole(path)]
    if kill.number != signal.SIGKILL and announced and events[-1]["event"] != "summary":
        faults.append("no summary")
    if kill.number != signal.SIGKILL and {path.resolve() for path in there} - {path.resolve() for path in announced}:
        faults.append("a picture that was not announced")
    again = scenario.run(folder)  # clears what a dead run left
    if again.code != 0:
        faults.append(f"the next run ended with {again.code}: {again.err.strip()[-200:]}")
    faults += [f"left: {path.name}" for path in (folder / "pictures").glob(".livecam-*")]
    faults += [f"torn afterwards: {path.name}" for path in there if not is_whole(path)]
    return faults


def _make_run(folder: Path) -> None:
    make_clip(folder / "clip.mp4", frames=3 * _PERIOD)


def _words_of_run(folder: Path) -> list[str]:
    words = ["run", "--source", str(folder / "clip.mp4"), "--headless", "--pace", "fast", "--json"]
    return [*words, "--out", str(folder / "pictures"), "--log", str(folder / "run.log")]


def _make_shoot(folder: Path) -> None:
    """Photos far apart in time, each with its raw file; of some a person has said something already."""
    for i in range(_PHOTOS):
        photo = make_photo(folder / "shoot" / f"IMG_{i}.jpg", 140 + 8 * i, 600.0 * i)
        photo.with_suffix(".CR3").write_bytes(f"raw {i} ".encode() * 999)
    names = [str(folder / "shoot" / f"IMG_{i}.jpg") for i in range(0, _PHOTOS, 2)]
    (folder / "keepers.txt").write_text("\n".join(names) + "\n")


def _pixels(path: Path) -> bytes:
    """What no mark changes of a photo: a JPEG from its tables on."""
    data = path.read_bytes()
    return data[data.index(b"\xff\xdb") :] if path.suffix == ".jpg" else data


def _state(folder: Path) -> dict[str, tuple[bytes, int | None]]:
    """All photos by their paths in folder, with what no mark changes of them, and their stars."""
    photos = (path for path in folder.rglob("IMG_*") if path.suffix in {".jpg", ".CR3"})
    return {str(path.relative_to(folder)): (_pixels(path), find_marks([path]).mark.rating) for path in photos}


@cache
def _as_it_should_be(name: str) -> tuple[dict[str, bytes], dict[str, tuple[bytes, int | None]]]:
    """The photos before the command, by their names, and all of them after it, of a run that nobody kills."""
    scenario = SCENARIOS[name]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        scenario.prepare(folder)
        before = {Path(path).name: pixels for path, (pixels, _) in _state(folder).items()}
        scenario.run(folder)
        return before, _state(folder)


def _of_best(scenario: Scenario, folder: Path, ended: Ended, kill: Kill) -> list[str]:
    faults = _wrong_end(ended, kill)
    contents, expected = _as_it_should_be(next(name for name, one in SCENARIOS.items() if one is scenario))
    try:
        now = _state(folder)
    except (LivecamError, ValueError) as error:
        return [*faults, f"torn: {error}"]
    faults += [f"torn: {name}" for name, (pixels, _) in now.items() if contents[Path(name).name] != pixels]
    faults += [f"lost: {name}" for name in contents.keys() - {Path(path).name for path in now}]
    end = now
    for _ in range(2):  # the first may only end what was interrupted
        again = scenario.run(folder)
        if again.code != 0 and "no photos" not in again.err:  # all have been moved
            faults.append(f"the next run ended with {again.code}: {again.err.strip()[-200:]}")
        if (end := _state(folder)) == expected:
            return faults
    faults += [f"another end: {name}" for name in sorted(end.keys() ^ expected.keys())]
    faults += [f"other marks: {name}" for name in end.keys() & expected.keys() if end[name] != expected[name]]
    return faults


def _best(*words: str) -> Scenario:
    def command(folder: Path) -> list[str]:
        return ["best", *(str(folder / word[1:]) if word.startswith("@") else word for word in words)]

    return Scenario(_make_shoot, command, FakeModels, _of_best)


SCENARIOS = {
    "run": Scenario(_make_run, _words_of_run, SmilesModels, _of_run),
    "copy": _best("@shoot", "--copy-to", "@best"),
    "move": _best("@shoot", "--move-to", "@best", "--xmp", "embed"),
    "xmp": _best("@shoot", "--xmp", "sidecar"),
    "apply": _best("--apply", "@keepers.txt", "--move-to", "@best", "--xmp", "embed"),
}
