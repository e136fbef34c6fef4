"""A fingerprint of code: of a module and of all that it imports from the same package, and of its small networks.

What one version of the code has found must not be reused by another that would find something else. A list of the
deciding modules, kept by hand, would sooner or later lack one; the imports are complete.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from livecam import __version__


@cache
def fingerprint(*modules: str) -> bytes:
    """Return 32 bytes that change with the source of any of modules, of any module that they import, at any depth, from
    the same package, with any network (``.npz``) among that package's assets, and with livecam's version, which has to
    do where a frozen program holds no sources.

    Raises ModuleNotFoundError if one of modules does not exist.
    """
    digest = hashlib.sha256(__version__.encode())
    for name, source in sorted(sources(*modules).items()):
        digest.update(f"\0{name}\0".encode() + hashlib.sha256(source.encode()).digest())
    for file in _networks({name.partition(".")[0] for name in modules}):
        digest.update(f"\0{file.name}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.digest()


def _networks(packages: set[str]) -> list[Path]:
    """Return the files of weights that code of these packages reads, as ``livecam.scoring.hidden_parts`` does."""
    folders = [
        folder for name in packages if (spec := find_spec(name)) for folder in spec.submodule_search_locations or ()
    ]
    return sorted(file for folder in folders for file in Path(folder, "assets").glob("*.npz"))


def sources(*modules: str) -> dict[str, str]:
    """Return the source of each of modules and of all that they import from the same package, by the module's name."""
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _source(name)
            waiting.extend(_imported(ast.parse(found[name]), name.partition(".")[0]))
            waiting.extend(filter(None, [name.rpartition(".")[0]]))  # a package is imported before what is in it
    return found


def _source(name: str) -> str:
    spec = find_spec(name)
    if spec is None:
        raise ModuleNotFoundError(f"no module named {name!r}", name=name)
    # A loader of source files has get_source; it answers None where there is only byte code.
    return getattr(spec.loader, "get_source", lambda _: None)(name) or ""


def _imported(tree: ast.AST, package: str) -> Iterator[str]:
    """Yield the modules of package that tree imports, wherever in it; what only a type checker imports is left out."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.Import(names=names):
                yield from (alias.name for alias in names if alias.name.partition(".")[0] == package)
            case ast.ImportFrom(module=str(module), names=names) if module.partition(".")[0] == package:
                yield module
                yield from _modules_in(module, [alias.name for alias in names])
            case ast.stmt() | ast.ExceptHandler() | ast.match_case():
                yield from _imported(node, package)
            case _:  # an expression imports nothing
                pass


def _modules_in(package: str, names: Sequence[str]) -> list[str]:
    """Those of names that are modules of package: none if it is a plain module."""
    spec = find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        return []
    return [module for name in names if find_spec(module := f"{package}.{name}") is not None]
