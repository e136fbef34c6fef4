"""``python -m tools.drops.watched MOMENT MODELS WORD…``: livecam, which kills itself at a moment.

MOMENT: see ``moments.Moment``, or "never".  MODELS: "real", or "fake" for those of the tests.
"""

from __future__ import annotations

import sys

from livecam import cli, native_logs, pipeline
from livecam.stop_signals import StopSignals
from tools.drops.moments import Moment, What, arm


def main() -> int:
    """Run livecam with these words."""
    when, models, *words = sys.argv[1:]
    if models == "fake":
        from tests.best.scan.fake_models import FakeModels  # noqa: PLC0415  of the tests

        setattr(pipeline, "default_models", FakeModels)  # noqa: B010  mypy lets nobody assign to a function
    if when != "never" and (moment := Moment.of(when)).what is not What.ANYTHING:
        arm(moment)
    native_logs.hush()
    with StopSignals():
        return cli.run(words)


if __name__ == "__main__":
    sys.exit(main())
