"""What a watcher that was killed at marking takes back when it begins again."""

from __future__ import annotations

from pathlib import Path

from livecam.best.watch.marks import take_back_begun
from livecam.best.watch.state import WatchState
from livecam.storage import xmp_packet
from livecam.storage.marks import Mark
from livecam.storage.xmp_marks import write


def test_a_sidecar_in_which_a_person_has_worked_since_the_watcher_was_killed_stays(tmp_path: Path) -> None:
    sidecars = [write(tmp_path / f"{i}.cr3", Mark(4, "Green"), by_livecam=True, label_by_livecam=True)[0] for i in "ab"]
    edited = xmp_packet.changed(
        sidecars[1].read_bytes(), {"http://ns.adobe.com/camera-raw-settings/1.0/ Exposure2012": "1"}
    )
    sidecars[1].write_bytes(edited)
    state = WatchState()
    state.begun = [str(path) for path in (*sidecars, tmp_path / "c.xmp")]

    take_back_begun(state)

    assert list(tmp_path.iterdir()) == [sidecars[1]]
    assert sidecars[1].read_bytes() == edited
