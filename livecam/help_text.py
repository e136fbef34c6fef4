"""How the help of a command is laid out: paragraphs fill the lines, and values have names that are words."""

from __future__ import annotations

import re

import typer
from typer.core import TyperCommand, TyperGroup

# typer names the kind of an option's value by Python's types.
_NAMES = {
    "bool": "",
    "str": "TEXT",
    "path": "PATH",
    "file": "FILE",
    "int": "N",
    "int range": "N",
    "float": "NUMBER",
    "float range": "NUMBER",
}


def flowing(text: str) -> str:
    """Return text with each paragraph in one line: typer would break it again where the source does."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text.strip()))


def lay_out(command: TyperCommand | TyperGroup, context: typer.Context) -> None:
    """Make command's help readable at any width, just before it is written."""
    if command.help:
        command.help = flowing(command.help)
    for option in command.get_params(context):
        if option.param_type_name == "argument":
            vars(option)["display_type_rich"] = _nothing  # its name says it already
        elif getattr(option, "metavar", None) is None and hasattr(option, "display_type"):
            option.metavar = _NAMES.get(option.display_type(context).strip("<>"))


def _nothing(ctx: typer.Context) -> str:
    del ctx  # typer passes it by this name
    return ""
