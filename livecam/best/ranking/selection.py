"""From what was found in photos and clips to groups, each with its ranking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

from livecam.best.grouping.groups import GroupingSettings, group_photos, names_after
from livecam.best.people.still_faces import without_still_faces
from livecam.best.ranking.assessment import has_closed_eye
from livecam.best.ranking.ranked import RankedGroup, rank
from livecam.best.ranking.settings import RankingSettings
from livecam.best.records.frame import FrameRecord
from livecam.best.records.scan_result import ScanResult
from livecam.best.series.settings import Kind
from livecam.photos.discover import natural_key, printable
from livecam.scoring.eye_policy import EyePolicy

_GROUPING = GroupingSettings()
_LiveClips = Mapping[Path | None, ScanResult]  # of each live photo, by the photo's path


def choose(
    results: Sequence[ScanResult],
    grouping: GroupingSettings = _GROUPING,
    *,
    keep_series: bool = True,
    eyes: EyePolicy = EyePolicy.OPEN,
) -> list[RankedGroup]:
    """Group and rank what was found. Each photo is in one group, each clip is one of its own.

    A live photo's clip is no group: its best frame joins the photo's, but only where no photo of that group has
    everybody's eyes open, for a still has several times the pixels.

    keep_series: brackets, panoramas, focus stacks and time lapses are kept whole.  eyes: what closed ones count for.
    """
    ranking = RankingSettings(eyes=eyes)
    order = {result.item.path: place for place, result in enumerate(results)}
    photos = [result for result in results if result.records and not result.item.clip]
    live_clips = _live_clips(results, {photo.item.path for photo in photos}, grouping)
    stills = [_with_live_clip(photo.records[0], live_clips) for photo in photos]
    groups: list[tuple[int, str, Kind, tuple[FrameRecord, ...]]] = []
    for name, indices, kind in group_photos(stills, grouping):
        members = [stills[i] for i in indices]
        first = min(order[member.path] for member in members if member.path is not None)
        records = tuple(members) if kind.is_series else _with_live_frames(members, live_clips, ranking)
        groups.append((first, name, kind, records))
    groups += [
        (order[result.item.path], result.item.path.name, Kind.CLIP, result.records)
        for result in results
        if result.item.clip and result.records and live_clips.get(result.item.live_of) is not result
    ]
    groups.sort(key=lambda group: group[0])
    names = _unique(name for _, name, _, _ in groups)
    ranked: list[RankedGroup] = []
    for name, (_, _, kind, every) in zip(names, groups, strict=True):
        records, still = (every, 0) if kind.is_series else without_still_faces(every)
        places = rank(records, settings=ranking)
        ranked.append(RankedGroup(name, records, places, kind, keep_series and kind.is_series, eyes, still))
    return ranked


def joined(groups: Iterable[RankedGroup]) -> list[RankedGroup]:
    """Return the groups of several shoots of photos in the order and with the names that ``choose`` gives them all."""
    placed = sorted(groups, key=lambda group: min(natural_key(record.path or Path()) for record in group.records))
    names = _unique(names_after([group.records[0].path or Path(group.name) for group in placed]))
    return [replace(group, name=name) for group, name in zip(placed, names, strict=True)]


def keepers(group: RankedGroup, top: int) -> tuple[FrameRecord, ...]:
    """The first top of a group's ranking; all of a group that is kept whole. What a person rejected is none."""
    kept = group.ranking if group.kept_whole else group.ranking[:top]
    return tuple(group.records[ranked.index] for ranked in kept if not ranked.rejected)


def clips_without_peaks(results: Sequence[ScanResult], grouping: GroupingSettings = _GROUPING) -> list[str]:
    """Return a line for each clip that gives no frame, with why; not for a live photo's, which goes with its photo."""
    photos = {result.item.path for result in results if result.records and not result.item.clip}
    live = {id(clip) for clip in _live_clips(results, photos, grouping).values()}
    return [
        f"{printable(result.item.path)} gives no frame: {result.no_peak}"
        for result in results
        if result.no_peak and id(result) not in live
    ]


def _live_clips(results: Sequence[ScanResult], photos: set[Path], grouping: GroupingSettings) -> _LiveClips:
    return {
        result.item.live_of: result
        for result in results
        if result.item.live_of in photos and result.length_ms <= grouping.max_live_photo_ms
    }


def _with_live_clip(still: FrameRecord, live_clips: _LiveClips) -> FrameRecord:
    """A live photo's clip goes where the photo goes."""
    clip = live_clips.get(still.path)
    return still if clip is None else replace(still, companions=(*still.companions, clip.item.path))


def _with_live_frames(
    stills: Sequence[FrameRecord], live_clips: _LiveClips, ranking: RankingSettings
) -> tuple[FrameRecord, ...]:
    """The stills of a group; where everybody's eyes are open in none, each followed by its clip's best frame."""
    if any(still.faces and _all_eyes_open(still, ranking.eyes) for still in stills):
        return tuple(stills)
    records: list[FrameRecord] = []
    for still in stills:
        records.append(still)
        clip = live_clips.get(still.path)
        if clip is not None and clip.records:
            records.append(clip.records[rank(clip.records, settings=ranking)[0].index])
    return tuple(records)


def _all_eyes_open(record: FrameRecord, eyes: EyePolicy) -> bool:
    return not any(has_closed_eye(face, eyes) for face in record.faces)


def _unique(names: Iterable[str]) -> list[str]:
    """Number the names that come again: a, a (2), a (3)."""
    unique: dict[str, None] = {}
    for name in names:
        numbered = chain([name], (f"{name} ({n})" for n in count(2)))
        unique[next(candidate for candidate in numbered if candidate not in unique)] = None
    return list(unique)
