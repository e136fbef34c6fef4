"""``python -m benchmarks NAME``: each benchmark is a module of this package with a ``main`` for typer."""

from __future__ import annotations

import importlib
import sys

import typer

from livecam.quiet import hush

BENCHMARKS = {
    "latency": "how long the scorer, each step and the whole loop take, and what they need",
    "peers": "how fast livecam is beside the loops that one would write instead",
    "accuracy": "how right the scorer is on people and clips that it was never trained on",
    "bursts": "which frame is picked from a burst, and which eyes are closed, beside what a person saw",
    "shutter": "what the camera takes by itself on clips, beside two simple triggers",
    "best": "how many photos a second `livecam best` goes through, beside the loop one would write in an evening",
    "paper": "every table and figure of the paper that livecam starts from, on public data",
}


def run(arguments: list[str]) -> None:
    """Run the benchmark that is named first with the arguments after it; exits 2 if there is none of that name."""
    if arguments[:1] in ([], ["--help"]):
        sys.stdout.write("usage: python -m benchmarks NAME [--help]\n\n")
        sys.stdout.writelines(f"  {name:10} {text}\n" for name, text in BENCHMARKS.items())
        sys.exit(0 if arguments else 2)
    name = arguments[0]
    if name not in BENCHMARKS:
        sys.stderr.write(f"error: no benchmark {name!r}: choose one of {', '.join(BENCHMARKS)}\n")
        sys.exit(2)
    sys.argv = [f"python -m benchmarks {name}", *arguments[1:]]
    hush()
    typer.run(importlib.import_module(f"benchmarks.{name}").main)


if __name__ == "__main__":
    run(sys.argv[1:])
