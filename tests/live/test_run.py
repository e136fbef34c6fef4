"""The threads of a run: order, what is dropped, what is saved, and what happens when a part fails.

Nothing here waits for a clock: a step that should wait is held by a gate, and what should go on meanwhile is awaited.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Self

import pytest

from livecam.errors import LivecamError, OutputError, SourceError
from livecam.live.run import LiveRun
from livecam.live.save_queue import Saver, SaveSettings
from livecam.live.thinning import Thinning
from livecam.pipeline import Analyser, Shutter, StreamSteps
from livecam.shutter.decision import Decision, TriggerState
from livecam.shutter.lookback import LookBack
from livecam.sources.health import Health
from livecam.storage.album import Developed, Shot
from livecam.types import Face, FaceCrop, Frame, Moment, Score
from tests.factories import make_face, make_frame, make_score

PATIENCE_S = 10.0


def shown(run: LiveRun, frame: Frame) -> Callable[[], bool]:
    return lambda: run.newest is frame


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.002)


def frames(count: int, *, start: int = 0) -> list[Frame]:
    return [make_frame(t_ms=index * 33.0, index=index) for index in range(start, start + count)]


class ScriptedSource:
    """Gives these frames, then ends or fails; a camera waits for more."""

    name = "script"

    def __init__(self, *given: Frame, live: bool = False, error: SourceError | None = None) -> None:
        self.live = live
        self.health = Health.OK
        self.frames_read = 0
        self.frames_dropped = 0
        self.reads = 0
        self._reads: Counter[Health] = Counter()
        self._over = not live
        self._given = list(given)
        self._error = error
        self._changed = threading.Condition()

    def deliver(self, *more: Frame) -> None:
        with self._changed:
            self._given.extend(more)
            self._changed.notify_all()

    def end(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def wait_for_more(self) -> None:
        """Do as a followed folder does."""
        self._over = False

    def reads_at(self, health: Health) -> int:
        """Reads since it has had this health."""
        return self._reads[health]

    def read(self, timeout_s: float = 1.0) -> Frame | None:
        with self._changed:
            self.reads += 1
            self._reads[self.health] += 1
            self._changed.wait_for(lambda: self._given or self._over, timeout_s)
            if self._given:
                self.frames_read += 1
                return self._given.pop(0)
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if self._over:
                self.health = Health.ENDED
            return None

    stream_stats = None

    def peek(self) -> Frame | None:
        return None

    def close(self) -> None: ...
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None: ...


class Gate:
    """Holds whoever passes while it is shut, and counts who came."""

    def __init__(self, *, shut: bool = False) -> None:
        self._open = threading.Event()
        self.came = self.passed = 0
        if not shut:
            self._open.set()

    def open(self) -> None:
        self._open.set()

    def __call__(self) -> None:
        self.came += 1
        assert self._open.wait(PATIENCE_S), "the gate was never opened"
        self.passed += 1


class Finder:
    """Finds one face in every frame."""

    def __init__(self, gate: Gate | None = None) -> None:
        self.gate = gate or Gate()
        self.seen: list[int] = []

    def find(self, frame: Frame) -> tuple[Face, ...]:
        self.seen.append(frame.index)
        self.gate()
        return (make_face(),)

    def close(self) -> None: ...


class Scorer:
    provider = "fake"
    fallback: str | None = None
    metadata = MappingProxyType({"model_version": "0"})
    path = Path("fake.onnx")

    def __init__(self, gate: Gate | None = None) -> None:
        self.gate = gate or Gate()

    def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
        self.gate()
        return tuple(make_score() for _ in crops)

    def close(self) -> None: ...


class ScriptedShutter:
    """Fires at the frames with these indices; with at_end also at the end, with the last frame."""

    def __init__(self, *fire_at: int, at_end: bool = False) -> None:
        self.seen: list[Moment] = []
        self._fire_at = fire_at
        self._at_end = at_end

    def update(self, moment: Moment) -> Decision:
        self.seen.append(moment)
        peak = self.seen[-2] if moment.frame.index in self._fire_at else None
        return Decision(TriggerState.WAITING, None, 3.0, peak=peak)

    def flush(self) -> Decision | None:
        return Decision(TriggerState.WAITING, None, 3.0, peak=self.seen[-1]) if self._at_end else None

    def settle(self) -> Decision | None:
        return Decision(TriggerState.WAITING, None, 3.0, peak=self.seen[-1])

    @property
    def indices(self) -> list[int]:
        return [moment.frame.index for moment in self.seen]


class Album:
    def __init__(self, gate: Gate | None = None) -> None:
        self.gate = gate or Gate()
        self._numbers = itertools.count()

    def develop(self, peak: Moment, *, fired_t_ms: float, manual: bool = False) -> Developed:
        return Developed("", b"JPEG", peak, fired_t_ms, manual)

    def write(self, picture: Developed) -> Shot:
        self.gate()
        return Shot(Path(f"{next(self._numbers)}.jpg"), picture.peak, picture.fired_t_ms, picture.manual)


@contextmanager
def running(
    source: ScriptedSource,
    shutter: Shutter,
    *,
    finder: Finder | None = None,
    scorer: Scorer | None = None,
    album: Saver | None = None,
) -> Iterator[LiveRun]:
    steps = StreamSteps(Analyser(finder or Finder(), scorer or Scorer()), shutter)
    with LiveRun(source, steps, album or Album()) as run:
        yield run


def test_a_followed_folder_that_idles_is_decided_and_goes_on() -> None:
    source, shutter = ScriptedSource(*frames(3)), ScriptedShutter()
    source.wait_for_more()
    with running(source, shutter) as run:
        eventually(lambda: run.analysed == 3)
        assert run.saved == 0
        source.health = Health.IDLE
        eventually(lambda: run.saved == 1)
        eventually(lambda: source.reads_at(Health.IDLE) > 3)
        assert run.saved == 1, "once each time"
        source.health = Health.OK
        source.deliver(*frames(1, start=3))
        eventually(lambda: run.analysed == 4)
        source.health = Health.IDLE
        eventually(lambda: run.saved == 2)
    assert [shot.peak.frame.index for shot in run.new_shots()] == [2, 3]


def test_a_camera_that_gives_nothing_new_is_given_up_when_that_was_asked_for() -> None:
    source = ScriptedSource(*frames(1), live=True)
    steps = StreamSteps(Analyser(Finder(), Scorer()), ScriptedShutter())
    said = r"^script has given no new picture for 0\.2 s: look after it, and begin again$"
    with LiveRun(source, steps, Album(), give_up_s=0.2) as run, pytest.raises(SourceError, match=said):
        run.finish()
    assert run.summary().frames_analysed == 1


def test_a_file_is_not_given_up() -> None:
    source = ScriptedSource(*frames(3))
    source.wait_for_more()
    steps = StreamSteps(Analyser(Finder(), Scorer()), ScriptedShutter())
    with LiveRun(source, steps, Album(), give_up_s=0.0) as run:
        eventually(lambda: run.analysed == 3)
        eventually(lambda: source.reads > 6)
        source.end()
        run.finish()


class EverySecond(Thinning):
    """What comes of it on a computer that can look at 15 of 30 frames a second."""

    every = 2

    def __init__(self) -> None:
        self._takes = itertools.cycle((True, False))

    def takes(self, t_ms: float) -> bool:
        return next(self._takes)

    def add_work(self, find_ms: float, decide_ms: float) -> None: ...


def test_a_computer_that_is_too_slow_leaves_out_frames_in_even_steps_and_counts_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("livecam.live.frame_feed.Thinning", EverySecond)
    source, shutter = ScriptedSource(live=True), ScriptedShutter()
    with running(source, shutter) as run:
        for frame in frames(20):
            source.deliver(frame)
            eventually(shown(run, frame))
            eventually(lambda count=frame.index // 2 + 1: run.analysed == count)  # type: ignore[misc]
        summary = run.summary()
    assert run.every == 2
    assert shutter.indices == list(range(0, 20, 2))
    assert (summary.frames_read, summary.frames_dropped, summary.frames_left_out) == (20, 10, 10)


@pytest.mark.slow
def test_every_frame_of_a_file_is_analysed_once_and_in_order() -> None:
    shutter = ScriptedShutter()
    with running(ScriptedSource(*frames(200)), shutter) as run:
        run.finish()

    summary = run.summary()
    assert shutter.indices == list(range(200))
    assert (summary.frames_read, summary.frames_analysed, summary.frames_dropped) == (200, 200, 0)
    assert summary.provider == "fake"
    assert summary.fps is not None
    assert summary.fps > 0


@pytest.mark.parametrize("count", [1, 2, 9])
def test_of_few_frames_no_rate_is_made_up(count: int) -> None:
    with running(ScriptedSource(*frames(count)), ScriptedShutter()) as run:
        run.finish()
        assert run.fps < 4 * count, "frames that come at once are no rate"

    assert run.summary().frames_analysed == count
    assert run.summary().fps is None


def test_what_is_saved_is_the_peak_and_when_it_fired() -> None:
    with running(ScriptedSource(*frames(20)), ScriptedShutter(5, 12)) as run:
        run.finish()

    shots = run.new_shots()
    assert [shot.peak.frame.index for shot in shots] == [4, 11]
    assert [shot.fired_t_ms for shot in shots] == [5 * 33.0, 12 * 33.0]
    assert [shot.manual for shot in shots] == [False, False]
    assert run.summary().shots == (Path("0.jpg"), Path("1.jpg"))
    assert run.new_shots() == [], "each shot is returned once"


def test_the_next_faces_of_a_file_are_searched_for_while_a_frame_is_scored() -> None:
    source, finder, scorer = ScriptedSource(*frames(10)), Finder(), Scorer(Gate(shut=True))
    with running(source, ScriptedShutter(), finder=finder, scorer=scorer) as run:
        eventually(lambda: finder.seen == [0, 1, 2, 3] and scorer.gate.came == 1)
        time.sleep(0.05)
        assert finder.seen == [0, 1, 2, 3]
        assert source.frames_read == 4, "no more than that: a frame of 4K is 25 MB"
        scorer.gate.open()
        run.finish()
    assert finder.seen == list(range(10))


def test_no_frame_is_taken_from_a_camera_while_the_scorer_is_two_behind() -> None:
    source, finder, scorer = ScriptedSource(live=True), Finder(), Scorer(Gate(shut=True))
    with running(source, ScriptedShutter(), finder=finder, scorer=scorer) as run:
        for frame in frames(3):
            source.deliver(frame)
            eventually(shown(run, frame))
            eventually(lambda: finder.seen == [0, 1][: run.summary().frames_read])
        source.deliver(*frames(4, start=3))
        eventually(lambda: run.newest is not None and run.newest.index == 6)
        assert finder.seen == [0, 1], "frame 2 would be old by the time it was scored"
        scorer.gate.open()
        eventually(lambda: finder.seen == [0, 1, 6])


def test_with_a_slow_analyser_the_preview_goes_on_and_no_stale_frame_is_analysed() -> None:
    source, shutter = ScriptedSource(live=True), ScriptedShutter()
    finder = Finder(Gate(shut=True))
    with running(source, shutter, finder=finder) as run:
        source.deliver(make_frame(index=0))
        eventually(lambda: finder.gate.came == 1)
        for frame in frames(30, start=1):
            source.deliver(frame)
            eventually(shown(run, frame))
        assert finder.seen == [0]
        finder.gate.open()
        eventually(lambda: run.analysed == 2)
        source.end()
        run.finish()

    summary = run.summary()
    assert shutter.indices == [0, 30]
    assert (summary.frames_read, summary.frames_analysed, summary.frames_dropped) == (31, 2, 29)


def test_the_last_frame_of_a_live_source_is_analysed_too() -> None:
    source, shutter = ScriptedSource(*frames(1), live=True), ScriptedShutter()
    source.end()
    with running(source, shutter) as run:
        run.finish()

    assert shutter.indices == [0]


LONG_AGO_S = 1000.0


def made_long_ago() -> Frame:
    return Frame(make_frame().image, 0.0, 0, time.monotonic() - LONG_AGO_S)


def test_latency_of_a_live_source_is_the_age_of_the_frame() -> None:
    source = ScriptedSource(made_long_ago(), live=True)
    source.end()
    with running(source, ScriptedShutter()) as run:
        run.finish()

    assert run.summary().latency.p50 >= 1000 * LONG_AGO_S


def test_latency_of_a_file_is_the_time_spent_on_the_frame() -> None:
    with running(ScriptedSource(made_long_ago()), ScriptedShutter()) as run:
        run.finish()

    assert 0 < run.summary().latency.p50 < 1000 * LONG_AGO_S


def test_saving_never_holds_up_the_analysis() -> None:
    shutter, album = ScriptedShutter(3, 6), Album(Gate(shut=True))
    with running(ScriptedSource(*frames(50)), shutter, album=album) as run:
        eventually(lambda: run.analysed == 50)
        assert run.new_shots() == []
        assert not run.wait(0.01), "it is not over before the pictures are saved"
        album.gate.open()
        run.finish()
    assert len(run.new_shots()) == 2


def test_at_the_end_of_a_file_the_armed_peak_is_still_taken() -> None:
    with running(ScriptedSource(*frames(9)), ScriptedShutter(at_end=True)) as run:
        run.finish()

    (shot,) = run.new_shots()
    assert (shot.peak.frame.index, shot.fired_t_ms) == (8, 8 * 33.0)


def test_whoever_stops_a_run_gets_the_pictures_taken_but_no_new_one() -> None:
    source, album = ScriptedSource(live=True), Album(Gate(shut=True))
    with running(source, ScriptedShutter(1, 2, at_end=True), album=album) as run:
        for frame in frames(4):
            source.deliver(frame)
            eventually(shown(run, frame))
            eventually(lambda: run.analysed == source.frames_read)
        run.stop()
        album.gate.open()
        run.finish()
    assert [shot.peak.frame.index for shot in run.new_shots()] == [0, 1]


def test_a_camera_that_never_ends_is_not_read_any_more_once_the_run_is_stopped() -> None:
    source = ScriptedSource(live=True)
    with running(source, ScriptedShutter()) as run:
        eventually(lambda: source.reads > 0)
        run.stop()
        reads = source.reads
        run.finish()
    assert source.reads <= reads + 1, "at most the one that was about to begin"


@pytest.mark.parametrize("part", ["find", "score", "update", "develop", "write"])
def test_a_part_that_fails_ends_the_run_with_its_error(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = {"find": Finder, "score": Scorer, "update": ScriptedShutter, "develop": Album, "write": Album}[part]

    def fail(*args: object, **kwargs: object) -> None:
        raise (ArithmeticError if part == "write" else OutputError)(f"{part} failed")  # a disk's failure ends nothing

    monkeypatch.setattr(owner, part, fail)
    source = ScriptedSource(live=True)
    source.deliver(*frames(1))
    with running(source, ScriptedShutter(1)) as run:
        source.deliver(*frames(2)[1:])
        if part in {"develop", "write"}:
            eventually(lambda: run.analysed > 0)
            run.capture(frames(1)[0])
        with pytest.raises((LivecamError, ArithmeticError), match=f"{part} failed"):
            run.finish()


def test_a_disk_that_fails_ends_nothing_and_what_it_never_took_is_told_at_the_end() -> None:
    class FillingUp(Album):
        def write(self, picture: Developed) -> Shot:
            if picture.peak.frame.index >= 5:
                raise OutputError("the disk is full")
            return super().write(picture)

    shutter = ScriptedShutter(3, 8, 20)
    with running(ScriptedSource(*frames(40)), shutter, album=FillingUp()) as run:
        with pytest.raises(OutputError, match="2 pictures not saved: the disk is full"):
            run.finish()
        assert [shot.peak.frame.index for shot in run.new_shots()] == [2]
        assert len(run.summary().shots) == 1
    assert shutter.indices == list(range(40))


def test_a_disk_that_never_answers_does_not_keep_the_program_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    album = Album(Gate(shut=True))
    with running(ScriptedSource(*frames(9)), ScriptedShutter(3, 5), album=album) as run:
        eventually(lambda: album.gate.came == 1)
        monkeypatch.setattr(run._save_queue, "_settings", SaveSettings(hangs_s=0.0))
        with pytest.raises(OutputError, match="2 pictures not saved: the disk does not answer"):
            run.finish()
    assert not album.gate.passed, "it hangs still, and nobody waits for it"
    album.gate.open()


def test_while_the_last_pictures_are_written_there_is_time_to_say_so() -> None:
    album = Album(Gate(shut=True))
    left: list[int] = []
    with running(ScriptedSource(*frames(9)), ScriptedShutter(3, 5), album=album) as run:
        assert not run.over
        run._save_queue._settings = SaveSettings(said_s=0.0)

        def look() -> None:
            assert run.over or not left
            left.append(run.save_state.left)
            if left[-1]:
                album.gate.open()

        eventually(lambda: album.gate.came == 1)
        run.finish(look)
    assert max(left) == 2
    assert run.saved == 2


def test_whoever_fails_while_pictures_are_written_leaves_only_after_that() -> None:
    album = Album(Gate(shut=True))

    def fail() -> None:
        with running(ScriptedSource(*frames(9)), ScriptedShutter(3), album=album):
            eventually(lambda: album.gate.came == 1)
            threading.Timer(0.05, album.gate.open).start()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert album.gate.passed == 1


def test_a_clip_that_breaks_off_is_analysed_to_its_last_frame_first() -> None:
    shutter = ScriptedShutter(at_end=True)
    with running(ScriptedSource(*frames(30), error=SourceError("ends early")), shutter) as run:
        with pytest.raises(SourceError, match="ends early"):
            run.finish()
        assert shutter.indices == list(range(30))
        assert [shot.peak.frame.index for shot in run.new_shots()] == [29]


def test_by_hand_the_frame_on_the_screen_is_saved_with_its_score() -> None:
    source, shutter = ScriptedSource(*frames(1), live=True), ScriptedShutter()
    with running(source, shutter) as run:
        eventually(lambda: run.latest is not None)
        assert run.newest is not None
        run.capture(run.newest)
        eventually(lambda: run.saved == 1)

    (shot,) = run.new_shots()
    assert shot.manual
    assert shot.peak is shutter.seen[0]
    assert shot.fired_t_ms == shot.peak.t_ms


def test_by_hand_a_frame_still_being_analysed_is_saved_with_its_score_then() -> None:
    source, shutter, finder = ScriptedSource(*frames(1), live=True), ScriptedShutter(), Finder(Gate(shut=True))
    with running(source, shutter, finder=finder) as run:
        eventually(lambda: finder.gate.came == 1)
        assert run.newest is not None
        run.capture(run.newest)
        finder.gate.open()
        eventually(lambda: run.saved == 1)

    (shot,) = run.new_shots()
    assert shot.peak is shutter.seen[0]


def test_by_hand_a_frame_that_was_passed_over_is_analysed_after_all() -> None:
    source, finder = ScriptedSource(*frames(1), live=True), Finder(Gate(shut=True))
    with running(source, ScriptedShutter(), finder=finder) as run:
        eventually(lambda: finder.gate.came == 1)
        shown, newer = frames(2, start=1)
        source.deliver(shown)
        eventually(lambda: run.newest is shown)
        run.capture(shown)
        source.deliver(newer)
        eventually(lambda: run.newest is newer)
        finder.gate.open()
        eventually(lambda: run.saved == 1)

    (shot,) = run.new_shots()
    assert shot.peak.frame is shown
    assert len(shot.peak.faces) == 1, "it has a score"


def test_by_hand_a_frame_asked_for_just_before_the_end_is_not_lost() -> None:
    source, finder = ScriptedSource(*frames(1), live=True), Finder(Gate(shut=True))
    with running(source, ScriptedShutter(), finder=finder) as run:
        eventually(lambda: finder.gate.came == 1)
        (shown,) = frames(1, start=1)
        source.deliver(shown)
        eventually(lambda: run.newest is shown)
        run.capture(shown)
        run.stop()
        finder.gate.open()
        run.finish()

    assert [shot.peak.frame for shot in run.new_shots()] == [shown]


def test_a_file_shows_the_frame_that_was_analysed_not_one_read_ahead() -> None:
    scorer = Scorer(Gate(shut=True))
    with running(ScriptedSource(*frames(9)), ScriptedShutter(), scorer=scorer) as run:
        eventually(lambda: scorer.gate.came == 1)
        assert run.newest is None
        scorer.gate.open()
        run.finish()
        assert run.newest is not None
        assert run.newest.index == 8


def test_in_a_pause_a_camera_is_shown_but_neither_analysed_nor_counted_as_dropped() -> None:
    source, shutter = ScriptedSource(*frames(1), live=True), ScriptedShutter(5, 6, 7)
    with running(source, shutter) as run:
        eventually(lambda: run.analysed == 1)
        run.paused = True
        for frame in frames(20, start=1):
            source.deliver(frame)
            eventually(shown(run, frame))
        assert shutter.indices == [0]
        run.paused = False
        source.deliver(*frames(1, start=21))
        eventually(lambda: run.analysed == 2)
        source.end()
        run.finish()

    summary = run.summary()
    assert shutter.indices == [0, 21]
    assert (summary.frames_read, summary.frames_analysed, summary.frames_dropped) == (22, 2, 0)
    assert summary.shots == ()


def test_in_a_pause_a_picture_by_hand_is_saved_with_its_score() -> None:
    source = ScriptedSource(*frames(1), live=True)
    with running(source, ScriptedShutter()) as run:
        eventually(lambda: run.analysed == 1)
        run.paused = True
        (frame,) = frames(1, start=1)
        source.deliver(frame)
        eventually(shown(run, frame))
        run.capture(frame)
        eventually(lambda: run.saved == 1)

    (shot,) = run.new_shots()
    assert shot.peak.frame is frame
    assert len(shot.peak.faces) == 1


def test_a_file_waits_out_a_pause_and_loses_nothing() -> None:
    shutter = ScriptedShutter()
    with running(ScriptedSource(*frames(50)), shutter, scorer=Scorer(gate := Gate(shut=True))) as run:
        eventually(lambda: gate.came == 1)
        run.paused = True
        gate.open()
        read = run.summary().frames_read
        assert read < 50
        run.paused = False
        run.finish()

    assert shutter.indices == list(range(50))


def test_a_press_saves_the_best_moment_before_it_and_exactly_that_frame_where_that_is_asked_for() -> None:
    scores = iter([3.0, 4.5, 3.0, 3.0, 3.0])

    class Smiles(Scorer):
        def score(self, crops: Sequence[FaceCrop]) -> tuple[Score, ...]:
            return (make_score(next(scores)),)

    source, analyser = ScriptedSource(live=True), Analyser(Finder(), Smiles())
    with LiveRun(source, StreamSteps(analyser, ScriptedShutter()), Album(), lookback=LookBack()) as run:
        for frame in (given := frames(4)):
            source.deliver(frame)
            eventually(lambda: run.latest is not None and run.latest.moment.frame is frame)  # noqa: B023  at once
        run.capture(given[3])
        run.capture_exactly(given[3])
        source.end()
        run.finish()

    best, exactly = run.new_shots()
    assert (best.peak.frame.index, best.manual, best.fired_t_ms) == (1, True, given[3].t_ms)
    assert (exactly.peak.frame.index, exactly.manual) == (3, True)
    assert exactly.peak.score == pytest.approx(3.0, abs=0.01)
