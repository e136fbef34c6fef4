"""``livecam doctor``: looks at everything livecam needs, and says what to do about what is missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from livecam.diagnostics.devices import cameras, display
from livecam.diagnostics.finding import Check, Finding, examine
from livecam.diagnostics.installation import cache, demo_clip, packages, system
from livecam.diagnostics.models import face_finder, scorer
from livecam.diagnostics.report import write_report
from livecam.diagnostics.speed import speed

CHECKS: tuple[Check, ...] = (system, packages, face_finder, scorer, demo_clip, cameras, display, cache)
SPEED_CHECKS: tuple[Check, ...] = (system, speed)
_MARKS = {"ok": "[green]✓[/]", "off": "[dim]–[/]", "note": "[yellow]•[/]", "failed": "[red]✗[/]"}


def doctor(
    measure_speed: Annotated[
        bool,
        typer.Option(
            "--speed", help="Measure how fast livecam is here, instead: about 10 s, best with nothing else running."
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write what was found to a new file, to be sent to somebody: without pictures, names and passwords.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each check on stdout.")] = False,
) -> None:
    """Check that everything livecam needs is there and works.

    ✓ works, it was tried; – is not there or was not tried, and is not missed;
    • works, and could be better; ✗ is missing. With --speed and --report it
    is checked and measured.

    The exit code is 1 when something is missing without which livecam does not run.
    """
    checks = SPEED_CHECKS if measure_speed and report is None else CHECKS + (speed,) * measure_speed
    findings: list[Finding] = []
    with Console(stderr=True).status("looking around") as status:
        for check in checks:
            status.update(f"looking at the {check.__name__.replace('_', ' ')}")
            findings.extend(examine(check))
    if as_json:
        for finding in findings:
            typer.echo(json.dumps(finding.as_json()))
    else:
        _print_table(findings, says_ready=checks[: len(CHECKS)] == CHECKS)
    if report is not None:
        written = write_report(report, findings)
        Console(stderr=True).print(f"written to {written}", markup=False, highlight=False, soft_wrap=True)
    if any(finding.state == "failed" for finding in findings):
        raise typer.Exit(1)


def _print_table(findings: Sequence[Finding], *, says_ready: bool) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        found = Text(finding.found, overflow="fold")
        if finding.advice:
            found.append(f"\n→ {finding.advice}", style="bold")
        table.add_row(_MARKS[finding.state], finding.check, found)
    Console().print(table)
    failed = sum(finding.state == "failed" for finding in findings)
    if failed:
        Console().print(f"[red]{failed} of {len(findings)} need your help[/]")
    elif says_ready:
        Console().print("livecam is ready")
