"""What a check finds, and running one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from livecam.errors import LivecamError

State = Literal["ok", "off", "note", "failed"]
REINSTALL = "in the checkout of livecam run pip install --force-reinstall ."  # it is on no package index


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    state: "ok" of what was tried and works; "off" of what is not there or was not tried, and is not missed; "note" when
    livecam runs but could do more; "failed" when it does not run.
    advice: what to do, for "note" and "failed".  figures: what was measured, by name.
    """

    check: str
    state: State
    found: str
    advice: str | None = None
    figures: Mapping[str, float] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for ``--json``; figures only where there are any."""
        described: dict[str, Any] = {
            "check": self.check,
            "state": self.state,
            "found": self.found,
            "advice": self.advice,
        }
        return described | ({"figures": dict(self.figures)} if self.figures is not None else {})


Check = Callable[[], Iterator[Finding]]


def examine(check: Check) -> list[Finding]:
    """Run one check to its end; whatever it raises becomes a finding."""
    findings: list[Finding] = []
    name = check.__name__.replace("_", " ")
    try:
        findings.extend(check())
    except LivecamError as error:
        findings.append(failure_of(name, error))
    except Exception as error:  # noqa: BLE001  a broken library may raise anything, and the other checks go on
        line = (str(error).strip().splitlines() or [""])[0]
        findings.append(Finding(name, "failed", f"{type(error).__name__}: {line}", REINSTALL))
    return findings


def failure_of(check: str, error: LivecamError, state: State = "failed") -> Finding:
    """Return the finding of a check that has raised error: its message ends with what to do, after a colon."""
    found, _, advice = str(error).rpartition(": ")
    return Finding(check, state, found or advice, advice)
