"""What ``livecam explain`` makes of a log: of a whole one, a damaged one, and of what is none."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from livecam import cli
from livecam.explain.page import render
from livecam.explain.run_log import Missed, read_runs
from livecam.explain.story import clock, letter, sentence
from livecam.live import held_back
from livecam.live.held_back import label
from livecam.types import ONLY_SAID, Reason

if TYPE_CHECKING:
    from playwright.sync_api import Page

START = {
    "livecam_log": 1,
    "event": "start",
    "at": "2026-11-28T15:50:00+00:00",
    "version": "0.1.0",
    "source": "demo clip",
}


def second(t_s: float, score: float | None = 3.0, **held: int) -> dict[str, Any]:
    base = {"event": "second", "t_ms": t_s * 1000, "frames": 30, "faces": 1, "state": "waiting", "threshold": 4.5}
    return base | {"score": score, "held": held}


def missed(t_s: float, *why: str, score: float = 4.6, who: str = "") -> dict[str, Any]:
    return {"event": "missed", "t_ms": t_s * 1000, "score": score, "threshold": 4.5, "why": list(why), "who": who}


def shot(t_s: float, score: float = 4.8) -> dict[str, Any]:
    return {"event": "shot", "t_ms": t_s * 1000 + 300, "path": "a.jpg", "score": score, "peak_t_ms": t_s * 1000}


def write(path: Path, *events: dict[str, Any], end: str = "\n") -> Path:
    path.write_text("\n".join(map(json.dumps, events)) + end)
    return path


def a_run() -> Iterable[dict[str, Any]]:
    yield START
    yield from (second(t, 3.0) for t in range(12))
    yield second(12, 4.6, left_eye_closed=20, cooldown=3)
    yield missed(12.4, "left_eye_closed")
    yield second(13, None, no_face=30)
    yield {"event": "camera", "name": "cam", "state": "lost"}
    yield second(14, 4.8)
    yield shot(14.5)
    yield {"event": "summary", "shots": 1}


def explain(*words: str | Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = cli.run(["explain", *map(str, words)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_it_says_when_a_smile_peaked_and_what_held_it_back_second_by_second(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    code, out, err = explain(write(tmp_path / "run.log", *a_run()), capsys=capsys)

    assert (code, err) == (0, "")
    assert "At 0:12 your smile peaked at 4.6, but the left eye was closed." in out
    assert "28 November 2026, 15:50, demo clip" in out
    assert "1 picture, 1 peak missed" in out
    bars, marks = (line[10:] for line in out.splitlines()[3:5])
    assert (bars[11], bars[12], bars[13], bars[14]) == ("▅", "▇", " ", "█")
    assert (marks[11], marks[12], marks[13], marks[14]) == (" ", "✕", "n", "●")
    legend = f"● picture taken   ✕ peak missed   {letter('left_eye_closed')} left eye closed   n nobody there"
    assert legend in out
    assert re.search(r"left eye closed +1 s", out)
    assert "0:14  camera: lost" in out


def test_a_second_is_held_back_by_what_holds_three_in_ten_of_its_frames(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = (second(0, blurred=8), second(1, blurred=9), second(2) | {"frames": 0, "held": {"blurred": 1}})
    _, out, _ = explain(write(tmp_path / "run.log", START, *seconds), capsys=capsys)

    marks = out.splitlines()[4].ljust(20)[10:]
    assert marks[:3] == f" {letter('blurred')} "
    assert re.search(r"blurred +1 s$", out, re.MULTILINE)


def test_a_narrow_terminal_gets_shorter_rows_and_a_long_run_only_what_happened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "45")
    hours = [START, *(second(t, 3.0) for t in range(3 * 3600)), missed(3700, "blurred"), {"event": "summary"}]
    _, out, _ = explain(write(tmp_path / "run.log", *hours), capsys=capsys)

    assert max(map(len, out.splitlines())) <= 45
    assert "1:01:30" in out
    assert "359 more rows of 30 s" in " ".join(out.split())
    assert len(out.splitlines()) < 20


def test_every_reason_that_holds_a_shot_back_has_words_and_a_letter_of_its_own() -> None:
    names = [reason.name.lower() for reason in Reason if reason not in ONLY_SAID]
    names += [held_back.NOT_A_SMILE, held_back.SOMEBODY_ELSE]
    names += [held_back.COOLDOWN, held_back.AUTO_OFF, held_back.COUNTDOWN]
    letters = [letter(name) for name in names]
    assert len(set(letters)) == len(names)
    assert "?" not in letters
    assert all(letter(name) in label(name) for name in names)
    for name in [*names, held_back.BELOW, held_back.SHORT, held_back.UNSTEADY]:
        said = sentence(Missed(65_000, 4.26, 4.5, (name,), ""))
        assert said.startswith("At 1:05 your smile peaked at 4.3, but ")
        assert "_" not in said


def test_sentences_name_who_and_at_most_two_reasons() -> None:
    said = sentence(Missed(3_725_000, 4.61, 4.5, ("eyes_closed", "too_dark", "blurred"), "left person"))
    assert (
        said == "At 1:02:05 the smile of the left person peaked at 4.6, but the eyes were closed and it was too dark."
    )
    below = sentence(Missed(0, 4.3, 4.52, ("below_threshold",), ""))
    assert below == "At 0:00 your smile peaked at 4.3, but a picture is taken from 4.5 on."
    assert clock(59_999) == "0:59"


def test_a_log_of_several_runs_tells_the_last_and_others_by_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = START | {"at": "2026-11-29T08:00:00+00:00"}
    log = write(tmp_path / "run.log", *a_run(), later, second(0), missed(0.5, "too_dark"))

    assert "too dark" in explain(log, capsys=capsys)[1]
    assert "it did not come to its end" in explain(log, capsys=capsys)[1]
    assert "the left eye was closed" in explain(log, "--run", "2", capsys=capsys)[1]
    code, _, err = explain(log, "--run", "3", capsys=capsys)
    assert (code, err) == (1, f"livecam: {log} holds 2 runs: choose --run 1 to 2\n")


def test_files_that_were_full_are_read_with_the_last_one(tmp_path: Path) -> None:
    log = tmp_path / "run.log"
    write(tmp_path / "run.log.2", START, second(0))
    write(tmp_path / "run.log.1", START, second(1))
    write(log, START, second(2))
    (run,) = read_runs(log)
    assert [one.t_ms for one in run.seconds] == [0, 1000, 2000]


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "second"}', '{"event": "missed", "t_ms": 1e300, "score": 4, "threshold": 4, "why": []}', "nonsense",
        '{"event": "shot", "peak_t_ms": -1, "score": 4, "path": "x"}', "[]", "7", "null", "[" * 50_000, '{"t": 1}',
        '{"event": "second", "t_ms": 5, "frames": 1, "faces": 1, "score": NaN, "threshold": 4, "held": {}}',
    ],
    ids=range(10),
)  # fmt: skip
def test_a_damaged_line_is_passed_over_and_counted(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "run.log"
    log.write_text("\n".join([json.dumps(START), json.dumps(second(0)), line, json.dumps(second(1))]) + "\n")
    (run,) = read_runs(log)
    assert (len(run.seconds), run.passed_over) == (2, 1)
    assert "1 lines of the log could not be read" in explain(log, capsys=capsys)[1]


def test_a_torn_last_line_is_no_damage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = write(tmp_path / "run.log", START, second(0), end='\n{"event": "sec')
    code, out, _ = explain(log, capsys=capsys)
    assert code == 0
    assert "could not be read" not in out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file"),
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"GET / HTTP/1.1 200\n", "is no log of livecam"),
        (b'{"level": "info"}\n', "is no log of livecam"),
        (b"\xff\xd8\xff\xe0", "is no log of livecam"),
        (b'{"livecam_log": 2, "event": "start"}\n', "was written by another livecam (log format 2)"),
        (b'{"livecam_log": "x"}\n', "was written by another livecam (log format 'x')"),
    ],
)
def test_what_is_no_log_is_one_line(
    content: bytes | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "run.log"
    if content is not None:
        log.write_bytes(content)
    code, out, err = explain(log, capsys=capsys)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert said in err
    assert "is a folder" in explain(tmp_path, capsys=capsys)[2]


def hostile() -> list[dict[str, Any]]:
    evil = '</style><script>document.title="no"</script>\x1b[2J'
    return [START | {"source": evil, "version": evil}, second(0, 4.6, **{evil: 30}), missed(0.5, evil, who=evil),
            shot(0.6) | {"path": evil}, {"event": "disk", "state": "failing", "message": evil}]  # fmt: skip


def test_nothing_in_a_log_is_markup_or_moves_the_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = write(tmp_path / "run.log", *hostile())
    page = render(read_runs(log)[-1])
    assert "<script" not in page
    assert page.count("</style>") == 1
    assert "\x1b" not in page
    assert "\x1b[2J" not in explain(log, capsys=capsys)[1]


def test_the_page_is_whole_and_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "new" / "why.html"
    code, _, err = explain(write(tmp_path / "run.log", *a_run()), "--page", page, capsys=capsys)
    assert (code, err) == (0, f"page: {page}\n")
    text = page.read_text()
    assert "At 0:12 your smile peaked at 4.6, but the left eye was closed." in text
    assert "default-src 'none'" in text
    assert "http" not in re.sub(r"http-equiv|<meta[^>]*>", "", text), "it loads nothing"

    code, _, err = explain(tmp_path / "run.log", "--page", tmp_path, capsys=capsys)
    assert code == 1
    assert "cannot write the page" in err


def test_the_page_marks_pictures_missed_peaks_and_what_held_each_second_back(tmp_path: Path) -> None:
    text = render(read_runs(write(tmp_path / "run.log", *a_run()))[-1])

    shown = re.findall(r'<(?:rect|circle|text) class="(\w+)"', text)
    assert Counter(shown) == {"free": 13, "held": 1, "away": 1, "taken": 1, "missed": 1}
    assert f"<td>{letter('left_eye_closed')} left eye closed</td><td>1 s</td>" in text


def test_a_picture_at_the_end_of_a_row_is_in_the_next_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    log = write(tmp_path / "run.log", START, *(second(t, 3.0) for t in range(130)), shot(60), shot(120))
    _, out, _ = explain(log, capsys=capsys)

    rows = [line[10:] for line in out.splitlines()[4:9:2]]
    assert [row.find("●") for row in rows] == [-1, 0, 0]
    pictures = [row.count('class="taken"') for row in render(read_runs(log)[-1]).split("<svg")[1:]]
    assert pictures == [1, 1], "rows of 120 s"


@pytest.mark.slow
def test_a_browser_shows_the_page_without_a_complaint(tab: Page, tmp_path: Path) -> None:
    page = tmp_path / "why.html"
    page.write_text(render(read_runs(write(tmp_path / "run.log", *a_run()))[-1]))
    tab.goto(page.as_uri())
    assert tab.title() == "Why not?"
    assert tab.locator("svg rect").count() == 15
    assert tab.locator("svg rect.held").count() == 1
    assert tab.locator("svg rect.held").evaluate("e => getComputedStyle(e).fill") != "rgb(0, 0, 0)", "the style holds"
    assert tab.locator("ol li").all_inner_texts() == ["At 0:12 your smile peaked at 4.6, but the left eye was closed."]
