"""``python -m benchmarks NAME``: each benchmark has a module with a ``main`` for typer.

How it ends, and with which exit code: ``livecam.exit_codes``.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import typer

from livecam import exit_codes

# Name on the command line: its module, and what it says.
BENCHMARKS = {
    "latency": ("benchmarks.latency.run", "how long the scorer, each step and the whole loop take, and what they need"),
    "peers": ("benchmarks.peers.run", "how fast livecam is beside the loops that one would write instead"),
    "accuracy": ("benchmarks.accuracy.run", "how right the scorer is on people and clips that it was never trained on"),
    "sizes": ("benchmarks.sizes.run", "what a scorer's inner size buys: accuracy against operations, of several files"),
    "bursts": (
        "benchmarks.bursts.run",
        "which frame is picked from a burst, and which eyes are closed, beside what a person saw",
    ),
    "bursts label": (
        "benchmarks.bursts.label",
        "a page on which you choose from bursts of your own, and save labels without pictures",
    ),
    "shutter": ("benchmarks.shutter.run", "what the camera takes by itself on clips, beside two simple triggers"),
    "best": (
        "benchmarks.best.run",
        "how many photos a second `livecam best` goes through, beside the loop one would write instead",
    ),
    "serve": (
        "benchmarks.serve.run",
        "what viewers in the browser cost the camera, and how old the picture is that they see",
    ),
    "gpu": (
        "benchmarks.gpu.run",
        "whether an NVIDIA GPU runs the scorer, as exactly as the CPU, and how fast beside PyTorch",
    ),
    "gpu crops": ("benchmarks.gpu.crops", "the faces on which a GPU is compared, for a machine without MediaPipe"),
    "soak": ("benchmarks.soak.run", "whether anything grows or is lost in an hour with faults of camera and disk"),
    "taste": ("benchmarks.taste.run", "what a taste that is learned from a person's choices foresees of others"),
    "loader": ("benchmarks.loader.run", "how fast faces come to a training, from crops and from an archive's Parquet"),
    "archive_plan": (
        "benchmarks.archive_plan.run",
        "what saturates first when an archive is scored on many machines, by what was measured on this one",
    ),
    "archive": (
        "benchmarks.archive.run",
        "what `livecam archive` costs beside the scan of `livecam best`, and what a second Ray node brings",
    ),
    "paper": ("benchmarks.paper.run", "every table and figure of the paper that livecam starts from, on public data"),
}


def run(arguments: Sequence[str], *, verbose: bool = False) -> int:
    """Run the benchmark that is named first with the arguments after it, and return the exit code."""
    if not arguments or arguments[0] == "--help":
        sys.stdout.write("usage: python -m benchmarks NAME [--help]\n\n")
        sys.stdout.writelines(f"  {name:13} {text}\n" for name, (_, text) in BENCHMARKS.items())
        return exit_codes.DONE if arguments else exit_codes.USAGE
    # One of two words before those of one: a benchmark takes options alone, so the second word is never one of its own.
    words = 2 if " ".join(arguments[:2]) in BENCHMARKS else 1
    name = " ".join(arguments[:words])
    if name not in BENCHMARKS:
        exit_codes.say(f"no benchmark {name!r}: choose one of {', '.join(BENCHMARKS)}", "benchmarks")
        return exit_codes.USAGE

    def benchmark() -> None:
        app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        app.command(cls=exit_codes.Command)(importlib.import_module(BENCHMARKS[name][0]).main)
        app(arguments[words:], prog_name=f"python -m benchmarks {name}")

    return exit_codes.code_of(benchmark, "benchmarks", verbose=verbose)


if __name__ == "__main__":
    exit_codes.start(run)
