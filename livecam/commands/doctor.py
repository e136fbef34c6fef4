"""``livecam doctor``: looks at everything livecam needs, and says what to do about what is missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from livecam.diagnostics.devices import cameras, display
from livecam.diagnostics.finding import Check, Finding, examine
from livecam.diagnostics.installation import cache, demo_clip, packages, system
from livecam.diagnostics.models import face_finder, scorer

CHECKS: tuple[Check, ...] = (system, packages, face_finder, scorer, demo_clip, cameras, display, cache)
_MARKS = {"ok": "[green]✓[/]", "note": "[yellow]•[/]", "failed": "[red]✗[/]"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each check on stdout.")] = False,
) -> None:
    """Check that everything livecam needs is there and works.

    The exit code is 1 when something is missing without which livecam does not run.
    """
    findings: list[Finding] = []
    with Console(stderr=True).status("looking around") as status:
        for check in CHECKS:
            status.update(f"looking at the {check.__name__.replace('_', ' ')}")
            findings.extend(examine(check))
    if as_json:
        for finding in findings:
            typer.echo(json.dumps(asdict(finding)))
    else:
        _print_table(findings)
    if any(finding.state == "failed" for finding in findings):
        raise typer.Exit(1)


def _print_table(findings: Sequence[Finding]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        found = Text(finding.found, overflow="fold")
        if finding.advice:
            found.append(f"\n→ {finding.advice}", style="bold")
        table.add_row(_MARKS[finding.state], finding.check, found)
    Console().print(table)
    failed = sum(finding.state == "failed" for finding in findings)
    Console().print("livecam is ready" if not failed else f"[red]{failed} of {len(findings)} need your help[/]")
