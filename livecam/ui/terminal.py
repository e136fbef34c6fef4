"""What ``livecam run`` prints: lines and a table for people on stderr, JSON events for programs on stdout."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from livecam.errors import LivecamError
from livecam.live.held_back import AS_IT_SHOULD_BE, SecondState, label
from livecam.live.recent_shots import ActionResult
from livecam.live.save_state import SaveState
from livecam.live.summary import Summary
from livecam.live.turned_camera import CameraTurned
from livecam.live.watched_steps import Finding
from livecam.sources.health import Health, StreamStats
from livecam.sources.source import Source
from livecam.storage.album import Album, Shot
from livecam.ui.lasting_output import LastingOutput
from livecam.ui.status_line import HEALTH_WORDS
from livecam.wording import taken_all_the_same

_LITTLE_SPACE = 500_000_000  # bytes: a thousand pictures of 720p; set by hand


class Reporter:
    """Prints the events of a run: as JSON, else in words."""

    def __init__(
        self, console: Console, *, as_json: bool, live: bool, log: Callable[[Mapping[str, object]], None] | None = None
    ) -> None:
        """Words go to console. live: of the source; what the summary's times are of.  log: is told every event."""
        self._console = console
        self._log = log or (lambda _: None)
        self._as_json = as_json
        self._live = live
        self._deleted = 0
        self._camera_reported = False
        self._missed: str | None = None
        self._health = Health.OK
        self._every = self._every_told = 1
        self._saving, self._writing_told = SaveState(), False
        self._held: Counter[str] = Counter()  # in how many frames what held a picture back
        self._events = LastingOutput(lambda: sys.stdout, self._report_closed_stdout)

    def report_camera(self, source: Source) -> None:
        """Print what a camera really gives, once measured and again if not as asked; in words only the latter."""
        stream_stats = source.stream_stats
        if stream_stats is None or (self._camera_reported and stream_stats.missed == self._missed):
            return
        self._camera_reported, self._missed = True, stream_stats.missed
        self._emit({"event": "camera", "name": source.name, **_stats_fields(stream_stats)})
        if stream_stats.missed is not None and not self._as_json:
            self._console.print(Text(stream_stats.missed))

    def report_health(self, source: Source) -> None:
        """Print that a camera has stopped, is gone or is back. May be called at any time; a change is printed once."""
        health = source.health
        still_gone = self._health is Health.LOST and health is Health.STALLED  # opened again, and nothing came yet
        if not source.live or health in {self._health, Health.ENDED} or still_gone:
            return
        before, self._health = self._health, health
        if health is Health.OK or (health is Health.SLOW and not before.gives_pictures):
            words = "the camera gives enough pictures again" if before is Health.SLOW else "the camera is back"
            self._tell_camera(source, "back", words)
        if health is not Health.OK:
            self._tell_camera(source, health.value, HEALTH_WORDS[health])

    def _tell_camera(self, source: Source, state: str, words: str) -> None:
        self._emit({"event": "camera", "name": source.name, "state": state})
        if not self._as_json:
            self._console.print(Text(words))

    def report_speed(self, every: int) -> None:
        """Print that this computer is too slow to look at each frame, and that it no longer is.

        every: of so many frames one is looked at. May be called at any time; a change is printed once, in words only if
        it is slower than was said or no longer slow: between two steps it may change its mind all the evening.
        """
        if every == self._every:
            return
        self._every = every
        self._emit({"event": "analysis", "state": "slow" if every > 1 else "back", "every": every})
        if every > 1 and every <= self._every_told:
            return
        self._every_told = every
        if not self._as_json:
            slow = f"this computer is slow: it looks at one frame of {every}, in even steps"
            self._console.print(Text(slow if every > 1 else "this computer looks at every frame again"))

    def report_leftovers(self, album: Album) -> None:
        """Print what a run that was killed has left, and what was done about it."""
        for path in album.leftovers.recovered:
            self._console.print(Text(f"recovered a picture of a run that was killed: {path}"))
        if album.leftovers.cleared:
            cleared = f"{album.folder}: {album.leftovers.cleared} half-written"
            self._console.print(Text(f"removed what a run that was killed has left in {cleared}"))

    def report_space(self, album: Album) -> None:
        """Warn of a disk that is nearly full before it is."""
        free_bytes = album.free_bytes()
        if free_bytes is not None and free_bytes < _LITTLE_SPACE:
            self._console.print(Text(f"only {free_bytes / 1e6:.0f} MB free for pictures in {album.folder}"))

    def report_saving(self, state: SaveState) -> None:
        """Print that pictures cannot be saved, and that they can again; once, that at the end some are still written.

        May be called at any time.
        """
        before, self._saving = self._saving, state
        if state.left and state.trouble is None and not self._writing_told:
            self._writing_told = True
            self._tell_disk("writing", state.left, state)
        if (state.trouble, state.lost, state.elsewhere) == (before.trouble, before.lost, before.elsewhere):
            return
        self._tell_disk("failing" if state.trouble is not None else "back", state.waiting, state)

    def _tell_disk(self, word: str, waiting: int, state: SaveState) -> None:
        counts = {"waiting": waiting, "lost": state.lost, "elsewhere": state.elsewhere}
        self._emit({"event": "disk", "state": word, **counts, "message": state.trouble})
        words = "pictures are saved again" if word == "back" else state.message or ""
        self._console.print(Text(words))

    def report_lost_screen(self) -> None:
        """The screen of the window has gone."""
        self._console.print(Text("the screen is gone: saving what was taken; run it again, or with --headless"))

    def report_failure(self, error: LivecamError) -> None:
        """Something was not done, and nobody else will say so."""
        self._console.print(Text(str(error)))

    def report_shot(self, shot: Shot) -> None:
        """A picture is on the disk."""
        worst = shot.peak.worst
        if shot.peak.reasons and not shot.manual:  # at the end of a countdown
            self._console.print(Text(taken_all_the_same(shot.peak)))
        self._emit(
            {
                "event": "shot",
                "t_ms": round(shot.fired_t_ms, 3),
                "path": str(shot.path),
                "score": round(worst.score.value, 3) if worst else None,
                "eyes_closed": [round(p, 4) for p in worst.score.eyes_closed.tolist()] if worst else None,
                "peak_t_ms": round(shot.peak.t_ms, 3),
            }
        )
        if self._as_json:
            return
        points = f"score {worst.score.value:.2f}" if worst else "no score  "
        by = ", by hand" if shot.manual else ""
        self._console.print(Text(f"{shot.peak.t_ms / 1000:8.2f} s   {points}   {shot.path}{by}"))

    def report_action(self, result: ActionResult) -> None:
        """A person's action on a picture is done: it was rated, deleted or restored, or that has failed."""
        self._deleted += {"deleted": 1, "restored": -1}.get(result.event, 0)
        if result.event != "failed":
            rating = {"rating": result.shot.rating} if result.event == "rated" else {}
            self._emit({"event": result.event, "path": str(result.shot.path), **rating})
            if self._as_json:
                return
        path = f"   {result.shot.path}" if result.event == "rated" else ""
        self._console.print(Text(f"{'':13}{result.message}{path}"))

    def report_summary(self, summary: Summary) -> None:
        """The run is over."""
        latency = summary.latency
        self._emit(
            {
                "event": "summary",
                "frames_read": summary.frames_read,
                "frames_analysed": summary.frames_analysed,
                "frames_dropped": summary.frames_dropped,
                "frames_left_out": summary.frames_left_out,
                "fps": None if summary.fps is None else round(summary.fps, 2),
                "latency_ms": {name: round(getattr(latency, name), 2) for name in ("p50", "p95", "p99")},
                "provider": summary.provider,
                "shots": len(summary.shots),
                **({} if summary.stream_stats is None else {"camera": _stats_fields(summary.stream_stats)}),
            }
        )
        if self._as_json:
            return
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="bold")
        table.add_column(overflow="fold")  # or a long path would end in an ellipsis
        deleted = f", {self._deleted} of them deleted" if self._deleted else ""
        table.add_row("pictures", f"{len(summary.shots)}{_folder(summary)}{deleted}")
        left_out = f", {summary.frames_left_out} of them on purpose" if summary.frames_left_out else ""
        if not summary.shots and (held := self._held_back()) is not None:
            table.add_row("held back by", f"{held} of {summary.frames_analysed} frames")
        dropped = f"{summary.frames_dropped} dropped{left_out}"
        table.add_row("frames", f"{summary.frames_read} read, {summary.frames_analysed} analysed, {dropped}")
        speed = "too few frames to tell," if summary.fps is None else f"{summary.fps:.1f} frames/s"
        table.add_row("speed", f"{speed} on {summary.provider}")
        if summary.stream_stats is not None:
            table.add_row("camera gave", str(summary.stream_stats))
            if summary.stream_stats.missed is not None:
                table.add_row("", summary.stream_stats.missed)
        times = f"p50 {latency.p50:.1f} ms, p95 {latency.p95:.1f} ms, p99 {latency.p99:.1f} ms"
        table.add_row("age of a frame when decided" if self._live else "time spent on a frame", times)
        self._console.print(table)

    def _held_back(self) -> str | None:
        """What held back most pictures, and in how many frames; None where nothing did."""
        counts = Counter({name: count for name, count in self._held.items() if name not in AS_IT_SHOULD_BE})
        most = [f"{label(name)} in {count}" for name, count in counts.most_common(2)]
        return ", ".join(most) or None

    def report_finding(self, found: Finding) -> None:
        """Why no picture is taken has become known: in words the status line says it. Or that the camera lies."""
        if isinstance(found, CameraTurned):
            self._emit(found.as_event())
            if not self._as_json:
                words = f"the picture is turned: turn the camera, or begin again with --rotate {found.rotate}"
                self._console.print(Text(words))
            return
        if isinstance(found, SecondState):
            self._held.update(found.held)
        self._log(found.as_event())
        waiting = found.as_waiting() if isinstance(found, SecondState) and self._as_json else None
        if waiting is not None:
            self._print(waiting)

    def _emit(self, event: dict[str, object]) -> None:
        self._log(event)
        if self._as_json:
            self._print(event)

    def _print(self, event: dict[str, object]) -> None:
        self._events.write(json.dumps(event) + "\n")
        self._events.flush()

    def _report_closed_stdout(self) -> None:
        self._console.print("nobody reads the events any more: going on without them; Ctrl-C ends it")


def _stats_fields(stream_stats: StreamStats) -> dict[str, object]:
    return {**asdict(stream_stats), "fps": round(stream_stats.fps, 2)}


def _folder(summary: Summary) -> str:
    return f" in {summary.shots[0].parent}" if summary.shots else ""
