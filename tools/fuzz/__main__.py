"""``python -m tools.fuzz READER``: reads damaged files of a kind for some minutes, and keeps those that crash it."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from livecam import exit_codes
from livecam.errors import SourceError

_ROOT = Path(__file__).parents[2]


def fuzz(
    reader: Annotated[str, typer.Argument(help='Which one; "list" names them.')],
    minutes: Annotated[float, typer.Option(min=0.01, help="For how long.")] = 20,
    engine: Annotated[
        str,
        typer.Option(metavar="atheris|hypothesis", help="Default: atheris, if it is there."),
    ] = "",
    found: Annotated[Path, typer.Option(help="Where what crashed is kept.")] = Path("build/fuzz"),
) -> None:
    """Read damaged files of one kind for some minutes; what crashes is kept, with its traceback. Exit code 1 if any."""
    from tools.fuzz.readers import READERS  # noqa: PLC0415

    if reader == "list":
        print("\n".join(READERS))
        return
    if reader not in READERS:
        raise SourceError(f"no reader {reader!r}: choose one of {', '.join(READERS)}")
    engine = engine or ("atheris" if importlib.util.find_spec("atheris") else "hypothesis")
    folder = (found / reader).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "count").unlink(missing_ok=True)
    began_s, until_s = time.monotonic(), time.monotonic() + 60 * minutes
    while (left_s := until_s - time.monotonic()) > 1:
        command = [sys.executable, "-m", "tools.fuzz.worker", reader, f"{left_s:.0f}", engine, str(folder)]
        with (folder / "output.txt").open("wb") as output:
            ended = subprocess.run(command, cwd=_ROOT, stdout=output, stderr=output, check=False)
        if ended.returncode == 0:
            break
        _keep_what_killed_it(folder, ended.returncode)
    crashes = sorted(path.name for path in folder.glob("crash-*") if path.suffix != ".txt")
    count = int((folder / "count").read_text()) if (folder / "count").exists() else 0
    report = {"reader": reader, "engine": engine, "minutes": round((time.monotonic() - began_s) / 60, 1)}
    print(json.dumps({**report, "inputs": count, "crashes": crashes}))
    if crashes:
        raise SourceError(f"{len(crashes)} kinds of crash in {folder}: mend them")


def _keep_what_killed_it(folder: Path, code: int) -> None:
    """The worker is dead: by a signal, or because a read hung."""
    kept = folder / f"crash-died-{code}-{int(time.time())}"
    if (folder / "current").exists():
        shutil.copy(folder / "current", kept)
        shutil.copy(folder / "output.txt", kept.with_name(f"{kept.name}.txt"))
    time.sleep(1)  # where it dies at once, again and again


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(fuzz)
    sys.exit(exit_codes.code_of(lambda: app(prog_name="python -m tools.fuzz"), "fuzz"))
