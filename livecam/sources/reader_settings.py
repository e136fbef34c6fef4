"""When a camera counts as stopped, slow or lost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CameraReaderSettings:
    """When a camera counts as stopped or lost, and what is done then. All set by hand: nobody measured them.

    stall_s: no new picture for so long: STALLED; of a slow camera stall_intervals of its usual ones, up to
    longest_stall_s: one that takes a picture a minute is slow, and not gone.
    reopen_s: no new picture for so long, though the driver answers "ok": the camera is opened again; of a slow one as
    late as STALLED, and after twice as long each time that it was in vain, up to longest_stall_s.
    failed_reads: in a row, before a camera counts as lost: a webcam's single broken JPEG is not the end.
    retry_read_s: pause after a failed read.  timed_out_s: a read that took so long and failed has run into its
    time-out: no use to try it again.  repeat_s: pause after a repeated picture: a frozen driver may answer at once,
    for ever.  blank_s: pictures with nothing on them (``blank``) for so long: BLACK or BLANK.
    silence_s, silences_s: a source that stands still for silence_s seconds after pictures that came quickly, and again
    within silences_s, gives them in bursts: its silences are its usual interval.
    slow_s: longer between two pictures, usually, is SLOW, for hold_s at least and until they come faster than quick_s
    again: of a smile of half a second hardly a picture would be there.  steady: intervals that tell that, all but the
    longest of them; of more than stall_s two are enough.
    first_pause_s, last_pause_s: between attempts to reopen; it doubles.
    sample_step: every so many pixels, both ways, are compared to tell a repeated picture from a new one: sensor noise
    never repeats.
    buffers: with so many pictures before it, for a driver that hangs may go round those that it keeps, 4 to 10.
    rate_window: pictures over which the rate is measured.
    """

    stall_s: float = 1.0
    stall_intervals: float = 2.5
    longest_stall_s: float = 150.0
    reopen_s: float = 3.0
    failed_reads: int = 5
    retry_read_s: float = 0.05
    timed_out_s: float = 0.9
    repeat_s: float = 0.01
    first_pause_s: float = 0.5
    last_pause_s: float = 8.0
    blank_s: float = 1.0
    silence_s: float = 0.5
    silences_s: float = 10.0
    slow_s: float = 1 / 6
    quick_s: float = 1 / 8
    hold_s: float = 2.0
    steady: int = 5
    sample_step: int = 8
    buffers: int = 12
    rate_window: int = 60


READER_DEFAULTS = CameraReaderSettings()
