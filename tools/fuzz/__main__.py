"""``python -m tools.fuzz READER``: reads damaged files of a kind for some minutes, and keeps those that crash it."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from livecam.errors import SourceError
from tools.program import start

_ROOT = Path(__file__).parents[2]


def fuzz(
    reader: Annotated[str, typer.Argument(help='Which one; "list" names them, "all" takes one after another.')],
    minutes: Annotated[float, typer.Option(min=0.01, help="For how long, each.")] = 20,
    engine: Annotated[
        Literal["atheris", "hypothesis"] | None, typer.Option(help="Default: atheris, if it is there.")
    ] = None,
    found: Annotated[Path, typer.Option(help="Where what crashed is kept.")] = Path("build/fuzz"),
) -> None:
    """Read damaged files of one kind for some minutes; what crashes is kept, with its traceback. Exit code 1 if any.

    At the end of each reader a line of JSON says how many inputs it has read.
    """
    from tools.fuzz.readers import NAMES, reader_of  # noqa: PLC0415

    if reader == "list":
        print("\n".join(NAMES))
        return
    names = NAMES if reader == "all" else (reader,)
    if reader != "all":
        reader_of(reader)  # else SourceError says what there is
    engine = engine or ("atheris" if importlib.util.find_spec("atheris") else "hypothesis")
    wrong = [line for name in names if (line := _hunt(name, minutes, engine, (found / name).absolute()))]
    if wrong:
        raise SourceError("; ".join(wrong))


def _hunt(name: str, minutes: float, engine: str, folder: Path) -> str:
    """Read with one reader, and print what came of it; return what is wrong, "" if nothing is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "count").unlink(missing_ok=True)
    began_s, until_s = time.monotonic(), time.monotonic() + 60 * minutes
    while (left_s := until_s - time.monotonic()) > 1:
        command = [sys.executable, "-m", "tools.fuzz.worker", name, f"{left_s:.0f}", engine, str(folder)]
        with (folder / "output.txt").open("wb") as output:
            ended = subprocess.run(command, cwd=_ROOT, stdout=output, stderr=output, check=False)
        if ended.returncode == 0:
            break
        _keep_what_killed_it(folder, ended.returncode)
    took_s = time.monotonic() - began_s
    crashes = sorted(path.name for path in folder.glob("crash-*") if path.suffix != ".txt")
    count = int((folder / "count").read_text()) if (folder / "count").exists() else 0
    report = {"reader": name, "engine": engine, "minutes": round(took_s / 60, 1), "inputs": count}
    print(json.dumps({**report, "inputs_a_second": round(count / took_s, 1), "crashes": crashes}), flush=True)
    if crashes:
        return f"{len(crashes)} kinds of crash in {folder}: mend them"
    return "" if count else f"{name} has read nothing: see {folder / 'output.txt'}"


def _keep_what_killed_it(folder: Path, code: int) -> None:
    """The worker is dead: by a signal, or because a read hung."""
    kept = folder / f"crash-died-{code}-{int(time.time())}"
    if (folder / "current").exists():
        shutil.copy(folder / "current", kept)
        shutil.copy(folder / "output.txt", kept.with_name(f"{kept.name}.txt"))
    time.sleep(1)  # where it dies at once, again and again


if __name__ == "__main__":
    start(fuzz, "tools.fuzz")
