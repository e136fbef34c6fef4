"""What ``livecam run`` puts together: the source that is meant, the models, the shutter and the window."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from livecam import model_files
from livecam.errors import SourceError
from livecam.live.recent_shots import RecentShots
from livecam.pipeline import Analyser
from livecam.scoring.eye_policy import EyePolicy
from livecam.scoring.providers import slow_start
from livecam.shutter.lookback import LookBack, LookBackSettings
from livecam.shutter.shutter_control import ShutterControl
from livecam.shutter.trigger import Trigger, TriggerSettings
from livecam.sources import source as sources
from livecam.sources.source import Pace, Source, is_still
from livecam.taste.choosing import OFF, choose_taste_for
from livecam.types import UInt8Array
from livecam.ui import sound as sounds
from livecam.ui import window as windows
from livecam.ui.live_view import LiveView

_WITHOUT_WINDOW = "add --headless"


def choose_source(source: str | None, console: Console, *, headless: bool, wait: bool) -> tuple[str, str | None, bool]:
    """Return what is watched, what the window shows of that choice, and whether there is no window."""
    spec = sources.default_source() if source is None else source
    message = None
    if source is None and spec == "demo" and wait:
        spec = "0"  # the first camera that is plugged in
    elif source is None and spec == "demo":
        message = "no camera found: playing the demo clip"
        console.print(message)
    if source is None and not headless and not windows.has_display():
        console.print("no display: running without a window")
        headless = True
    elif not headless:
        with windows.or_else(_WITHOUT_WINDOW):
            windows.check_display()
    return spec, message, headless


class NewPictures:
    """Notices what comes into a folder that is played and not followed: a tethered camera goes on filling it."""

    def __init__(self, spec: str, *, follow: bool) -> None:
        """Look at spec as it is now; anything else than a folder is no matter."""
        self._folder = None if follow or not Path(spec).is_dir() else Path(spec)
        self._known = frozenset(self._pictures())

    def words(self, own: Iterable[Path] = ()) -> str | None:
        """Say how many pictures have come since, and how to go on with them; None if none has.

        own: those that the run has taken, which may go into the same folder.
        """
        taken = {path.resolve() for path in own}
        count = sum(path.resolve() not in taken for path in frozenset(self._pictures()) - self._known)
        if not count:
            return None
        came = "1 picture has come" if count == 1 else f"{count} pictures have come"
        return f"{came} into {self._folder} meanwhile: --follow goes on with what comes"

    def _pictures(self) -> tuple[Path, ...]:
        if self._folder is None:
            return ()
        try:
            return sources.list_images(self._folder)
        except SourceError:  # it is gone, or empty
            return ()


def load_analyser(
    console: Console,
    spec: str,
    pace: Pace,
    *,
    provider: str,
    model: Path | None,
    faces: int,
    eyes: str,
    taste: str | None = OFF,
) -> Analyser:
    """Load what looks at the frames of spec. Runs in a thread of its own."""
    if (wait := slow_start(provider, model)) is not None:
        console.print(wait)
    fast = pace is Pace.FAST
    stills, policy = is_still(spec), EyePolicy(eyes)
    analyser = Analyser.load(
        model=model, provider=provider, faces=faces, stills=stills, fast=fast, eyes=policy, taste=taste
    )
    analyser.taste = analyser.taste.levelled()
    return analyser


def taste_in_words(taste: str | None, model: Path | None) -> str | None:
    """Say in the window that a learned taste scores or is off; None where nothing was learned. Raises ModelError."""
    chosen = choose_taste_for(taste, model_files.scorer_model(model))
    if chosen.head is None:
        return "your taste is off" if chosen.off else None
    return "scored by your taste"


def make_shutter(countdown_s: float, *, begin: bool) -> ShutterControl:
    """Make the shutter. begin: let a countdown run from the start, and take nothing else."""
    # Nobody looks at the runners-up here, and a frame of 4K is 25 MB.
    control = ShutterControl(Trigger(TriggerSettings(runners_up=0)), countdown_s=countdown_s)
    if begin:
        control.toggle_countdown()
        control.toggle_auto()  # or a smile is taken, too, while a slow disk still writes the countdown's picture
    return control


def make_look_back(seconds: float) -> LookBack | None:
    """Make what remembers so many seconds; None of none."""
    return LookBack(LookBackSettings(back_ms=seconds * 1000)) if seconds else None


def open_view(
    parts: ExitStack,
    source: Source,
    control: ShutterControl,
    recent_shots: RecentShots,
    message: str | None,
    *,
    sound: bool,
    code: UInt8Array | None = None,
) -> LiveView:
    """Open the window, to be closed with parts. code: a QR code to show. Raises DisplayError."""
    speaker = parts.enter_context(sounds.Speaker(sounds.system_player() if sound else None))
    with windows.or_else(_WITHOUT_WINDOW):
        window = parts.enter_context(windows.Window())
    view = LiveView(window, source, control, recent_shots, speaker, message=message)
    view.show_code(code)
    return view
