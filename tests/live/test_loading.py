"""Models that are loaded in the background: what the window and the run get of them, and that they are freed."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import cast

import pytest

from livecam.errors import ModelError
from livecam.live.loading import Loading
from livecam.pipeline import Analyser


class Models:
    """Says whether it was freed."""

    freed = False

    def close(self) -> None:
        self.freed = True


def test_the_models_are_waited_for_and_freed_when_the_context_is_left() -> None:
    models, go = Models(), threading.Event()

    def load() -> Analyser:
        assert go.wait(10)
        return cast("Analyser", models)

    with Loading(load) as loading:
        assert not loading.wait(0.01)
        go.set()
        assert loading.wait(10)
        assert loading.analyser() is cast("Analyser", models)
        assert not models.freed
    assert models.freed


def test_models_that_nobody_came_for_are_freed_too() -> None:
    models = Models()
    with pytest.raises(KeyboardInterrupt), Loading(lambda: cast("Analyser", models)):
        raise KeyboardInterrupt
    assert models.freed


def test_what_loading_raises_is_raised_for_whoever_asks_and_not_twice() -> None:
    def load() -> Analyser:
        raise ModelError("no scorer: install livecam again")

    with Loading(load) as loading, pytest.raises(ModelError, match="no scorer"):
        loading.analyser()


@pytest.mark.slow
def test_mediapipe_comes_without_matplotlib_and_who_wants_that_gets_the_real_one() -> None:
    words = (
        "import sys; from livecam.faces.mediapipe_import import vision\n"
        "assert not [name for name in sys.modules if name.startswith('matplotlib')]\n"
        "import matplotlib; assert matplotlib.__version__; print(vision.FaceLandmarker.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "FaceLandmarker"
