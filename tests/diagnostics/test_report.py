"""The report helps a stranger to help, and tells them nothing of who asks."""

from __future__ import annotations

import getpass
import platform
from pathlib import Path

import pytest

from livecam import cli, exit_codes
from livecam.commands import doctor
from livecam.diagnostics.finding import Finding
from livecam.diagnostics.report import report_of, without_private_names, write_report
from livecam.errors import OutputError


@pytest.fixture
def anna(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody whose names are known."""
    monkeypatch.setattr(Path, "home", lambda: Path("/home/anna"))
    monkeypatch.setattr(getpass, "getuser", lambda: "anna")
    monkeypatch.setattr(platform, "node", lambda: "annas-laptop")


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("/home/anna/pictures/x.jpg", "~/pictures/x.jpg"),
        ("no file at /home/anna", "no file at ~"),
        ("/home/annabel/x", "/home/annabel/x"),
        ("/mnt/home/anna-2/x", "/mnt/home/anna-2/x"),
        ("Anna's iPhone Camera", "<user>'s iPhone Camera"),
        ("seen on annas-laptop", "seen on <computer>"),
        ("savannah", "savannah"),
        ("rtsp://me:se@cret@10.0.0.7/live", "rtsp://10.0.0.7/live"),
        ("http://10.0.0.7/a?user=me&pwd=secret was refused", "http://10.0.0.7/a?user=me&pwd=*** was refused"),
    ],
)
def test_homes_names_and_passwords_are_left_out(said: str, written: str) -> None:
    assert without_private_names(said) == written


@pytest.mark.usefixtures("anna")
def test_the_report_has_what_was_found_and_what_to_do() -> None:
    text = report_of(
        [
            Finding("cache", "ok", "/home/anna/.cache/livecam"),
            Finding("camera", "failed", "rtsp://me:pw@cam gives no picture", "close other programs"),
            Finding("speed", "ok", "30 of 30 frames", figures={"fps": 29.97}),
        ]
    )
    assert "[works] cache: ~/.cache/livecam" in text
    assert "[MISSING] camera: rtsp://cam gives no picture\n    -> close other programs" in text
    assert "fps 30" in text
    assert "\nnumpy " in text
    assert "anna" not in text.lower()


def test_a_report_never_takes_the_place_of_another_file(tmp_path: Path) -> None:
    (tmp_path / "report.txt").write_text("mine")
    written = write_report(tmp_path / "report.txt", [])
    assert written == tmp_path / "report-2.txt"
    assert (tmp_path / "report.txt").read_text() == "mine"


def test_a_report_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="report cannot be written"):
        write_report(tmp_path / "file" / "report.txt", [])


def test_the_command_writes_it_after_it_has_said_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (lambda: iter([Finding("well", "ok", "all there")]),))
    doctor.CHECKS[0].__name__ = "well"
    assert cli.run(["doctor", "--report", str(tmp_path / "new" / "report.txt")]) == exit_codes.DONE
    assert "all there" in capsys.readouterr().out
    assert "[works] well: all there" in (tmp_path / "new" / "report.txt").read_text()
    (tmp_path / "file").touch()
    assert cli.run(["doctor", "--report", str(tmp_path / "file" / "report.txt")]) == exit_codes.FAILED
    said = capsys.readouterr()
    assert "all there" in said.out
    assert "report cannot be written" in said.err
