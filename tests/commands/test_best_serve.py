from __future__ import annotations

import socket
from pathlib import Path

import pytest

from livecam.serve.review_server import ReviewServer
from tests.best.photo_factories import make_photo
from tests.commands.best_runs import Best


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return make_photo(tmp_path / "shoot" / "a.jpg", 150)


def test_a_port_that_is_in_use_is_one_line_and_nothing_is_looked_at(best: Best, photo: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, groups, told = best(photo.parent, "--serve", f"127.0.0.1:{port}")
    assert (code, groups) == (1, [])
    assert told.startswith(f"livecam: 127.0.0.1:{port} is in use")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--serve", "127.0.0.1:0", "--tls", "no-cert.pem", "no-key.pem"), "no-cert.pem cannot be read"),
        (("--serve", "127.0.0.1:0", "--pin", "1"), "--pin needs 4 to 64 characters"),
        (("--serve", "no such place"), "is no address"),
    ],
)
def test_what_cannot_be_served_is_one_line(best: Best, photo: Path, options: tuple[str, ...], told: str) -> None:
    code, _, said = best(photo.parent, *options)
    assert code == 1
    assert told in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("options", [("--pin", "1234"), ("--serve", "127.0.0.1:0", "--undo", "keepers")])
def test_options_that_do_not_go_together_are_refused(best: Best, photo: Path, options: tuple[str, ...]) -> None:
    assert best(photo.parent, *options)[0] == 2


def test_a_folder_that_was_taken_for_the_address_is_to_be_named_before_it(best: Best, photo: Path) -> None:
    code, _, told = best("--serve", photo.parent)
    assert code == 2
    assert "before --serve" in told


def test_serve_does_not_go_with_apply(best: Best, photo: Path, tmp_path: Path) -> None:
    code, _, told = best("--apply", tmp_path / "choices.json", photo.parent, "--serve", "127.0.0.1:0")
    assert code == 2
    assert "it does not go with --apply" in told


@pytest.mark.parametrize(("broken", "ends"), [(False, 130), (True, 1)])
def test_a_file_that_could_not_be_read_is_the_exit_code_once_it_is_ended(
    best: Best, photo: Path, monkeypatch: pytest.MonkeyPatch, *, broken: bool, ends: int
) -> None:
    def end(_: ReviewServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ReviewServer, "wait", end)
    if broken:
        (photo.parent / "b.jpg").write_bytes(b"\xff\xd8 no picture")
    code, groups, told = best(photo.parent, "--serve", "127.0.0.1:0")
    assert (code, len(groups)) == (ends, 1)
    assert ("b.jpg" in told) == broken


@pytest.mark.parametrize("name", ["nope", "empty"])
def test_where_there_is_nothing_to_choose_from_it_says_so_and_ends(best: Best, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    code, groups, told = best(tmp_path / name, "--serve", "127.0.0.1:0")
    assert (code, groups) == (1, [])
    assert str(tmp_path / name) in told
    assert "Ctrl-C ends this" not in told
