from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from livecam import cli, model_files, pipeline
from tests.best.scan.fake_models import FakeModels
from tests.commands.best_runs import Best


@pytest.fixture
def best(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Best:
    """Run ``livecam best --json`` with fake models and without the user's cache: code, groups, what is told."""
    monkeypatch.setattr(pipeline, "default_models", FakeModels)
    monkeypatch.setattr(model_files, "cache_dir", lambda: tmp_path / "cache")

    def run(*words: str | Path) -> tuple[int, list[dict[str, Any]], str]:
        code = cli.run(["best", "--json", *map(str, words)])
        printed = capsys.readouterr()
        return code, [json.loads(line) for line in printed.out.splitlines()], printed.err

    return run
