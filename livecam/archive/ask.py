"""Questions that a photographer asks of an archive, in their words: each is written out as SQL over the views.

A question may end in a time: "in 2026", "in 2026-05", "in May 2026", "on 2026-05-23", "on 23 May 2026". Of files
that are the same to the byte, such as a backup, the best are one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from livecam.errors import ArchiveError


@dataclass(frozen=True, slots=True)
class AskSettings:
    """What is alike.

    same_bits: in so many of 64 the hashes of two near duplicates may differ; that more find it takes more time. Set by
    hand.  same_likeness: the least cosine of the embeddings of their largest faces: six portraits (``data/pairs``) and
    themselves at 80 % of the size (JPEG, quality 75), or cut by a twentieth, have 0.9990 or more; two people of four up
    to 0.992.  soon_s: how long after the other such a photo was taken at most, seconds. Set by hand.
    """

    same_bits: int = 3
    same_likeness: float = 0.997
    soon_s: int = 60


_SETTINGS = AskSettings()
_PERIODS = {"day": "day", "month": "strftime(captured, '%Y-%m')", "year": "year(captured)"}
_PLACES = {"folder": "folder", "camera": "camera"}
_SQL = re.compile(r"\s*(?:select|with|from|values|describe|summarize|show|explain|pivot|\()\b|\s*\(", re.IGNORECASE)
_WHEN = re.compile(r"\s+(?:in|of|on)\s+(?:the\s+)?(\d{4})(?:-(\d\d))?(?:-(\d\d))?$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")  # of no locale
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
# Not the 10 of "best 10 of May 2026".
_MONTH = re.compile(rf"\b(?:(?<!best ){_DAY} (?:of )?)?({'|'.join(_MONTHS)})[a-z]*\.?(?: {_DAY})?,? (\d{{4}})$")
# Files that are the same to the byte and may be among the best with each other; more of them may leave a list shorter.
_COPIES = 8
_BEST_FIRST = "score desc, closed_eyes, sharpness desc, path"
_FILLERS = re.compile(r"\b(?:all|of|the|photos?|with|that|have|are)\b\s*")


@dataclass(frozen=True, slots=True)
class Question:
    """words: as people ask it.  says: what the answer is.  pattern: what they may say.  sql: from a match and where."""

    words: str
    says: str
    pattern: re.Pattern[str]
    sql: Callable[[re.Match[str], str], str]


def to_sql(asked: str) -> str:
    """Return the SQL of a question, or asked itself where it is SQL. Raises ArchiveError if it is neither."""
    if _SQL.match(asked):
        return asked
    text = " ".join(asked.lower().strip(" ?.!").split())
    where, text = _when(text)
    plain = " ".join(_FILLERS.sub("", text).split())
    for question in QUESTIONS:
        match = question.pattern.fullmatch(plain)
        if match is not None:
            return question.sql(match, where)
    near = difflib.get_close_matches(text, [question.words for question in QUESTIONS], n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    known = ", ".join(f"{question.words!r}" for question in QUESTIONS)
    raise ArchiveError(
        f"{asked[:80]!r} is neither a question that livecam knows nor SQL: {hint}ask {known}, or begin with SELECT"
    )


def _when(text: str) -> tuple[str, str]:
    """The condition of the time that a question ends in, and the question without it. Raises ArchiveError."""
    text = _MONTH.sub(_as_date, text)
    match = _WHEN.search(text)
    if match is None:
        return "true", text
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        begin = date(int(year or 0), month or 1, day or 1)
        if day is not None:
            end = begin + timedelta(days=1)
        else:
            end = date(begin.year + (month in {None, 12}), 1 if month in {None, 12} else begin.month + 1, 1)
    except (ValueError, OverflowError):
        raise ArchiveError(
            f"there is no such time as {match[0].strip()!r}: write in 2026-05, or on 2026-05-23"
        ) from None
    return f"captured >= timestamp '{begin}' and captured < timestamp '{end}'", text[: match.start()]


def _as_date(named: re.Match[str]) -> str:
    day = named[1] or named[3]
    return f"{named[4]}-{_MONTHS.index(named[2]) + 1:02}" + (f"-{int(day):02}" if day else "")


def _best_of_each(match: re.Match[str], where: str) -> str:
    count, each = int(match["count"] or 1), match["each"]
    key = _PERIODS.get(each) or _PLACES[each]
    return f"""with copies as (select *, {key} as key from photos
  where score is not null and key is not null and {where}
  qualify row_number() over (partition by key order by {_BEST_FIRST}) <= {_COPIES * count}),
files as (select * from copies
  qualify row_number() over (partition by key, content_hash order by {_BEST_FIRST}) = 1)
select key as {each}, path, round(score, 2) as score, people from files
qualify row_number() over (partition by key order by {_BEST_FIRST}) <= {count}
order by 1, files.score desc, path"""  # noqa: S608  our own words


def _best(match: re.Match[str], where: str) -> str:
    count = int(match["count"])
    return f"""with copies as (select * from photos
  where score is not null and {where} order by {_BEST_FIRST} limit {_COPIES * count}),
files as (select * from copies qualify row_number() over (partition by content_hash order by {_BEST_FIRST}) = 1)
select path, round(score, 2) as score, people, captured from files
order by files.score desc, closed_eyes, sharpness desc, path limit {count}"""  # noqa: S608


def _closed_eyes(_match: re.Match[str], where: str) -> str:
    return f"""select path, closed_eyes, people, round(score, 2) as score from photos
where closed_eyes > 0 and {where} order by path"""  # noqa: S608


def _above(match: re.Match[str], where: str) -> str:
    return f"""select path, round(score, 2) as score, people, captured from photos
where score > {float(match["score"])} and {where} order by score desc, path"""  # noqa: S608


def _people(match: re.Match[str], where: str) -> str:
    count = 0 if match["count"] == "no" else int(match["count"])
    compared = ">" if match["than"] == "more than" else ">=" if match["more"] or match["than"] else "="
    return f"""select path, people, round(score, 2) as score from photos
where people {compared} {count} and {where} order by path"""  # noqa: S608


def _failed(_match: re.Match[str], where: str) -> str:
    # Of what could not be read nobody knows when it was taken, but when its file was written.
    when = where.replace("captured", "coalesce(captured, modified)")
    return f"select path, error from photos where error is not null and {when} order by path"  # noqa: S608


def _alike_by_hash(_match: re.Match[str], where: str) -> str:
    """Of two hashes that differ in few bits at least one part is the same: only those are compared."""
    bits = _SETTINGS.same_bits
    parts, width = bits + 1, 64 // (bits + 1)
    return f"""with looks as (select phash, min(path) as first, list(path) as paths from photos
  where phash is not null and phash <> 0 and {where} group by phash),
parts as (select phash, first, part, (phash >> (part * {width})::ubigint) & {(1 << width) - 1} as bits
  from looks, unnest(range({parts})) as t(part)),
alike as (select a.phash, min(struct_pack(same_as := b.first, bits := bit_count(xor(a.phash, b.phash)))) as other
  from parts a join parts b using (part, bits)
  where bit_count(xor(a.phash, b.phash)) <= {bits} and b.first <= a.first group by a.phash)
select path, other.same_as as same_as, other.bits as differing_bits
from (select phash, unnest(paths) as path from looks) join alike using (phash)
where path <> other.same_as order by same_as, path"""  # noqa: S608


def _alike_by_face(_match: re.Match[str], where: str) -> str:
    """All pairs would take years: only what was taken soon after is compared, or without a time lies in one folder."""
    slot = f"epoch(captured)::bigint // {_SETTINGS.soon_s}"
    return f"""with seen as (select path, people, captured, embedding,
    coalesce(({slot})::varchar, folder) as slot from photos where embedding is not null and {where}),
later as (select *, unnest(if(captured is null, [slot], [slot, ({slot} - 1)::varchar])) as before from seen),
alike as (select a.path, min(struct_pack(same_as := b.path,
    likeness := array_cosine_similarity(a.embedding, b.embedding))) as other
  from later a join seen b on a.before = b.slot and a.people = b.people
    and (b.captured < a.captured or (b.captured is not distinct from a.captured and b.path < a.path))
    and coalesce(epoch(a.captured - b.captured) <= {_SETTINGS.soon_s}, true)
  where array_cosine_similarity(a.embedding, b.embedding) >= {_SETTINGS.same_likeness} group by a.path)
select path, other.same_as as same_as, round(other.likeness, 4) as likeness from alike order by same_as, path"""  # noqa: S608


QUESTIONS = (
    Question(
        "best of each day",
        "the photo of each day (or month, year, folder, camera) whose worst face is best; `best 3 of each day`: three",
        re.compile(
            r"best(?: (?P<count>[1-9]\d{0,5}))?(?: (?:of|in|from))? each (?P<each>day|month|year|folder|camera)"
        ),
        _best_of_each,
    ),
    Question(
        "best 10",
        "so many photos whose worst face is best",
        re.compile(r"best (?P<count>[1-9]\d{0,5})"),
        _best,
    ),
    Question(
        "closed eyes",
        "photos in which somebody has an eye closed that can be seen",
        re.compile(r"(?:closed eyes?|eyes? closed)"),
        _closed_eyes,
    ),
    Question(
        "above 4",
        "photos whose worst face scores more, the best first",
        re.compile(r"(?:score )?above (?P<score>\d(?:\.\d{1,4})?)"),
        _above,
    ),
    Question(
        "near duplicates",
        f"photos that look like another, in all but {_SETTINGS.same_bits} of 64 bits of what they show, and the first"
        " of those",
        re.compile(r"(?:near )?duplicates?(?: by (?:hash|look))?"),
        _alike_by_hash,
    ),
    Question(
        "near duplicates by embedding",
        f"photos taken within {_SETTINGS.soon_s} s (or without a time, in one folder), of as many people, whose largest"
        f" faces are alike: a cosine of {_SETTINGS.same_likeness} or more",
        re.compile(r"(?:near )?duplicates? by (?:embedding|face)s?"),
        _alike_by_face,
    ),
    Question(
        "2 people",
        "photos with so many faces; `no people`; `3 or more people`",
        re.compile(
            r"(?:(?P<than>at least|more than) )?(?P<count>no|\d{1,4})(?P<more> or more)? (?:people|persons?|faces?)"
        ),
        _people,
    ),
    Question(
        "failed",
        "photos that could not be read, and why; a time is that of their files",
        re.compile(r"(?:failed|failures?|errors?|unreadable)"),
        _failed,
    ),
)
