"""What a browser may ask of a run: each returns what is done in the thread of the main loop, see ``LiveRemote``."""

from __future__ import annotations

from typing import Any, Literal

from livecam.serve.live_remote import LiveRemote, Order, RefusedOrderError
from livecam.serve.live_shots import ServedShot
from livecam.shutter.shutter_control import FARTHEST
from livecam.ui.run_view import RunView

Mode = Literal["best", "now", "countdown", "stop"]
MODES: tuple[Mode, ...] = ("best", "now", "countdown", "stop")


def press(remote: LiveRemote, mode: Mode) -> Order:
    """Take the best of the last moments or the frame itself, or begin or stop a countdown."""

    def do(run: RunView) -> dict[str, Any]:
        if run.over:
            raise RefusedOrderError("the end: nothing more is taken")
        if mode in {"countdown", "stop"}:
            if run.paused:
                raise RefusedOrderError("paused: nothing is counted")
            if remote.control.counting is (mode == "stop"):
                remote.control.toggle_countdown()
            return {"mode": mode, "counting": remote.control.counting}
        if (frame := run.newest) is None:
            raise RefusedOrderError("there is no picture yet")
        (run.capture_exactly if mode == "now" else run.capture)(frame)
        return {"mode": mode}

    return do


def set_auto(remote: LiveRemote, on: bool | None) -> Order:
    """Take pictures by themselves, or no longer; None: the other way than now."""

    def do(_: RunView) -> dict[str, Any]:
        if on is None or on is not remote.control.auto:
            remote.control.toggle_auto()
        return {"auto": remote.control.auto}

    return do


def set_paused(remote: LiveRemote, on: bool | None) -> Order:
    """Pause, or go on; None: the other way than now."""

    def do(run: RunView) -> dict[str, Any]:
        if on is None or on is not run.paused:
            run.paused = not run.paused
            remote.control.rest()
        return {"paused": run.paused}

    return do


def set_threshold(remote: LiveRemote, shift: float) -> Order:
    """Move the threshold by so many points from where it is by itself."""

    def do(_: RunView) -> dict[str, Any]:
        wanted = min(max(shift, -FARTHEST), FARTHEST)
        remote.control.move_threshold(wanted - remote.control.shift)
        return {"shift": remote.control.shift}

    return do


def rate(remote: LiveRemote, shot: ServedShot, rating: int) -> Order:
    """Rate a picture; the event ``rated`` or ``failed`` says what came of it."""

    def do(_: RunView) -> dict[str, Any]:
        if shot.deleted:
            raise RefusedOrderError("this picture was deleted")
        remote.recent_shots.rate(rating, shot.shown)
        return shot.as_json()

    return do


def delete(remote: LiveRemote, shot: ServedShot) -> Order:
    """Move a picture into the folder of the deleted ones; the event ``deleted`` or ``failed`` says what came of it."""

    def do(_: RunView) -> dict[str, Any]:
        if shot.deleted:
            raise RefusedOrderError("this picture was deleted")
        remote.recent_shots.delete(shot.shown)
        return shot.as_json()

    return do


def undo(remote: LiveRemote) -> Order:
    """Bring back the picture that was deleted last."""

    def do(_: RunView) -> dict[str, Any]:
        if not remote.recent_shots.deleted:
            raise RefusedOrderError("nothing to bring back")
        remote.recent_shots.restore()
        return {"deleted": remote.recent_shots.deleted}

    return do
