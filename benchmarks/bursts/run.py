"""Which frame of a burst is picked, beside what people chose of it by eye, without a model's word on it in sight.

Beside our ranking stand: chance, the sharpest face crop, the blendshape rule (``benchmarks.common.blendshape_rule``),
the scorer's value alone, and the people themselves: what one of them chose, beside what the others did, is as far as
people agree. All bursts are reported together, and each batch of the research data by itself.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.bursts.compare import burst_reports
from benchmarks.bursts.label_compare import shared_report
from benchmarks.bursts.label_format import read_labels
from benchmarks.bursts.report import burst_tables, json_objects
from benchmarks.labelled.eyes import eye_report, eye_tables
from benchmarks.labelled.labels import Part


def main(
    data: Annotated[Path, typer.Option(help="The research data.")] = Path("../shared/data"),
    model: Annotated[Path | None, typer.Option(help="Scorer to test; the shipped one otherwise.")] = None,
    part: Annotated[Part, typer.Option("--set", help="test, or dev to tune on.")] = "test",
    work: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps the analysed pictures for the next run; a temporary one otherwise."),
    ] = None,
    labels: Annotated[
        list[Path] | None,
        typer.Option(help="Labels that bursts label has saved, instead of the research data; may be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Compare picks from bursts, and closed eyes, with what a person saw in the same pictures."""
    people = Console(stderr=True)
    if labels:
        shared = shared_report(read_labels(labels))
        for table in shared.tables():
            people.print(table)
        if as_json:
            sys.stdout.writelines(json.dumps(line) + "\n" for line in shared.json_objects())
        return
    bursts = burst_reports(data, model, part, work)
    eyes = eye_report(data, model, part, work)
    for table in [*burst_tables(bursts), *eye_tables(eyes)]:
        people.print(table)
    if as_json:
        sys.stdout.writelines(json.dumps(line) + "\n" for line in json_objects(bursts, eyes))
