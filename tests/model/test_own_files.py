"""What python -m model may write over: what it has written itself, and nothing that was named by mistake."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from livecam.errors import OutputError, SourceError
from model import __main__ as program
from model.evaluation.explain import saliency_command, write_pictures
from model.training.run_folder import make_out

MINE = b'{"info": {"year": 2024}, "images": []}\n' + 5000 * b" "
WRITERS = [
    (("train",), "model.safetensors"),
    (("train",), "history.csv"),
    (("train",), "train.json"),
    (("evaluate", "RUN"), "report.html"),
    (("evaluate", "RUN"), "report.json"),
    (("saliency", "RUN"), "saliency.png"),
    (("saliency", "RUN"), "saliency.json"),
    (("fool", "RUN"), "fool.png"),
]


@pytest.mark.parametrize(("words", "name"), [row for row in WRITERS if row[0] != ("train",)])
def test_a_file_of_anothers_is_not_written_over(
    words: Sequence[str], name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / name
    mine.write_bytes(MINE)

    code = program.run([words[0], "DATA", *words[1:], "--out", str(tmp_path)])

    assert code == 1
    said = f"model: {mine} was not written by livecam, and would be lost: choose another --out\n"
    assert capsys.readouterr().err == said
    assert mine.read_bytes() == MINE


@pytest.mark.parametrize("name", [name for words, name in WRITERS if words == ("train",)])
def test_a_training_takes_no_folder_with_a_file_of_anothers(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(MINE)

    with pytest.raises(OutputError, match=f"{name} was not written by livecam, and would be lost: choose another"):
        make_out(tmp_path, resume=False)


def test_pictures_of_before_and_empty_files_are_written_over(tmp_path: Path) -> None:
    (tmp_path / "saliency.json").touch()
    write_pictures(tmp_path, "saliency", b"\x89PNG", {"model": "own-1", "photos": []})

    with pytest.raises(SourceError, match="no prepared data set"):  # which is read next
        saliency_command(tmp_path, tmp_path, tmp_path)
