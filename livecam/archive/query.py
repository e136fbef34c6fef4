"""Asks an archive in SQL, and lets the SQL do nothing else: it reads the archive's own files, and writes none."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from livecam.archive.folder import Archive, read_shard
from livecam.archive.schema import SCHEMA
from livecam.archive.views import faces_sql, photos_sql
from livecam.closing import Closing
from livecam.errors import ArchiveError
from livecam.photos.discover import printable

_ERROR = re.compile(r"^[A-Z]\w*(?: \w+)* Error: ")
_ROWS = 2048  # fetched at a time: as many as DuckDB makes at a time
# At the beginning, and without comments: in one, anything may stand.
_EXPLAIN = re.compile(r"\A\s*explain\s+(?:analyze\s+)?(?:\(\s*(?:analyze|format)\b[\w\s,]*\)\s*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of an answer, which are read while they are asked for. columns: their names, in order."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[object, ...]]

    def place_of(self, column: str) -> int | None:
        """Where a column stands, whatever its case; None if there is none."""
        names = [name.lower() for name in self.columns]
        return names.index(column) if column in names else None


class ArchiveQuery(Closing):
    """An archive that can be asked. What does not fit in memory goes into a folder of its own, which ends with it."""

    def __init__(self, archive: Archive) -> None:
        """Raises ArchiveError if the archive holds nothing, or a file of it cannot be read."""
        if not archive.shards:
            raise ArchiveError(
                f"{printable(archive.folder)} holds no photos yet: score some with livecam archive SOURCE --out"
                f" {printable(archive.folder)}"
            )
        self._archive = archive
        self._overflow = tempfile.TemporaryDirectory(prefix="livecam-query-", ignore_cleanup_errors=True)
        self._database = duckdb.connect(
            config={
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "temp_directory": self._overflow.name,
                "preserve_insertion_order": "false",
            }
        )
        try:
            self._lock_in(archive.shards)
        except duckdb.Error as error:
            self.close()
            raise self._explained(error) from error

    def ask(self, sql: str) -> Answer:
        """Return the answer to one statement, which may only read. Raises ArchiveError, one line, for any other.

        So does reading the rows, where a file turns out to be damaged.
        """
        try:
            statements = self._database.extract_statements(sql)
            if len(statements) != 1:
                raise ArchiveError(f"one question at a time, not {len(statements)}: give one SELECT")
            asks = statements[0].type
            if asks is duckdb.StatementType.EXPLAIN:  # what it explains is done, where it is to be analysed
                asks = self._explained_kind(sql)
            if asks is not duckdb.StatementType.SELECT:
                raise ArchiveError(f"{asks.name} is no question: only SELECT is, for an archive is read here")
            answer = self._database.execute(statements[0])
        except duckdb.Error as error:
            raise self._explained(error) from error
        columns = tuple(str(column[0]) for column in answer.description or ())
        return Answer(columns, self._rows(answer))

    def close(self) -> None:
        """Let go of all; may be called again."""
        self._database.close()
        self._overflow.cleanup()

    def _rows(self, answer: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
        try:
            while rows := answer.fetchmany(_ROWS):
                yield from rows
        except duckdb.Error as error:
            raise self._explained(error) from error

    def _lock_in(self, shards: Sequence[Path]) -> None:
        """Make the views, and shut all else out for good: other files, the network, extensions, settings."""
        # DuckDB takes the columns from the first file: from one without rows, as shards of earlier versions lack some.
        columns = Path(self._overflow.name, "columns.parquet")
        pq.write_table(SCHEMA.empty_table(), columns)
        files = [str(columns), *(str(shard.absolute()) for shard in shards)]
        listed = _listed([*files, self._overflow.name])
        self._database.execute(f"set allowed_paths = {listed}")
        reading = f"read_parquet({_listed(files)}, hive_partitioning = false)"
        self._database.execute(photos_sql(reading))
        self._database.execute(faces_sql(reading))
        self._database.execute("set enable_external_access = false")
        self._database.execute("set lock_configuration = true")

    def _explained_kind(self, sql: str) -> duckdb.StatementType:
        """What an EXPLAIN would explain; EXPLAIN itself where that is not plain to see. Raises duckdb.Error."""
        inside = self._database.extract_statements(_EXPLAIN.sub("", sql, count=1))
        return inside[0].type if len(inside) == 1 else duckdb.StatementType.EXPLAIN

    def _explained(self, error: duckdb.Error) -> ArchiveError:
        """What DuckDB says in many lines, in one, and what to do."""
        said = printable(_ERROR.sub("", " ".join(str(error).split()).partition(" LINE ")[0]).rstrip("."))
        match error:
            case duckdb.PermissionException():
                return ArchiveError(f"a question reads the archive and nothing else ({said}): ask photos or faces")
            case duckdb.ParserException() | duckdb.BinderException() | duckdb.CatalogException():
                return ArchiveError(f"this is no question that the archive understands: {said} (see docs/archive.md)")
            case duckdb.OutOfMemoryException():
                return ArchiveError(f"the answer needs more memory and disk than there is ({said}): ask for less")
            case duckdb.ConversionException() | duckdb.OutOfRangeException():
                return ArchiveError(f"the question cannot be answered: {said}")
            case _:
                return self._broken_shard() or ArchiveError(f"the question cannot be answered: {said}")

    def _broken_shard(self) -> ArchiveError | None:
        """What is wrong with the first shard that cannot be read, whatever DuckDB says of it; None if all can be."""
        try:
            for shard in self._archive.shards:
                read_shard(shard)
        except ArchiveError as error:
            return error
        return None


def _listed(texts: Sequence[str]) -> str:
    """A list of texts in SQL."""
    quoted = ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
    return f"[{quoted}]"
