"""Stars and labels are written only where nobody has set any."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livecam.best.outputs.export import to_transfer
from livecam.best.outputs.marking import MarkingReport, MarkingSettings, mark
from livecam.best.ranking.human_choice import prefer_marked, read_marks
from livecam.best.ranking.ranked import RankedGroup, rank
from livecam.best.ranking.settings import RankingSettings
from livecam.best.records.frame import FrameRecord
from livecam.best.records.scan_result import ScanResult
from livecam.best.series.settings import Kind
from livecam.photos.discover import Item
from livecam.photos.sidecars import sidecars
from livecam.scoring.eye_policy import EyePolicy
from livecam.storage.marks import FoundMarks, Mark, find_marks
from livecam.storage.xmp_marks import write
from livecam.types import Reason
from tests.best.records.factories import make_face_record, make_record
from tests.photos.mark_factories import make_picture, packet

SIDECAR, EMBED = MarkingSettings(), MarkingSettings(embed=True)


def make_burst(
    files: Sequence[Path], raws: Sequence[Path] = (), closed: int | None = None, blurred: int | None = None
) -> list[RankedGroup]:
    """One group of photos with scores 5, 4 … in their order, as marked. raws: those of the same names."""
    records: list[FrameRecord] = []
    for i, path in enumerate(files):
        eyes = (1.0, 1.0) if i == closed else (0.0, 0.0)
        reasons = (Reason.BLURRED,) if i == blurred else ()
        face = make_face_record(score=5.0 - i, eyes=eyes, reasons=reasons)
        companions = tuple(raw for raw in raws if raw.stem == path.stem)
        records.append(replace(make_record(face, path=str(path)), companions=companions))
    results = [ScanResult(Item(r.path or Path(), companions=r.companions), (r,)) for r in records]
    return prefer_marked([RankedGroup("burst", tuple(records), rank(records))], read_marks(results))


def found(path: Path) -> Mark:
    return find_marks([path]).mark


def test_each_photo_gets_its_stars_and_the_keeper_the_label_that_was_asked_for(tmp_path: Path) -> None:
    photos = [make_picture(tmp_path / f"{name}.jpg") for name in "ab"]

    report = mark(make_burst(photos), 1, MarkingSettings(keep_label="Rot"))

    assert list(map(found, photos)) == [Mark(5, "Rot"), Mark(4)]
    assert report == MarkingReport(rated=2, labelled=1)


def test_a_raw_file_beside_a_jpeg_is_marked_too_by_a_sidecar_of_its_own(tmp_path: Path) -> None:
    for way in (SIDECAR, EMBED):
        folder = tmp_path / str(way.embed)
        folder.mkdir()
        photo, raw = make_picture(folder / "a.jpg"), make_picture(folder / "a.DNG")
        before = raw.read_bytes()

        report = mark(make_burst([photo], [raw]), 1, way)

        assert (found(photo), found(raw)) == (Mark(5, "Green"), Mark(5, "Green"))
        assert raw.read_bytes() == before
        assert (report.rated, report.failures) == (1, [])
        assert (folder / "a.xmp").exists()
        assert (folder / "a.jpg.xmp").exists() != way.embed


KILLED = """
import os, signal, sys
from pathlib import Path
from livecam.best.outputs import marking
from tests.best.outputs.test_marking import make_burst
left, write = int(sys.argv[3]), marking.write
def killed(*args, **kwargs):
    global left
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    write(*args, **kwargs)
marking.write = killed
photos = [Path(sys.argv[1], f"{name}.jpg") for name in "ab"]
marking.mark(make_burst(photos, [photo.with_suffix(".DNG") for photo in photos], closed=1), 1,
             marking.MarkingSettings(embed=sys.argv[2] == "True", reject=True))
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
@pytest.mark.parametrize("embed", [False, True])
@pytest.mark.parametrize("writes", [1, 3])
def test_after_a_kill_between_the_files_of_a_photo_a_second_run_marks_the_rest(
    tmp_path: Path, writes: int, *, embed: bool
) -> None:
    photos = [make_picture(tmp_path / f"{name}.jpg") for name in "ab"]
    raws = [make_picture(photo.with_suffix(".DNG")) for photo in photos]
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(embed), str(writes)]
    assert subprocess.run(command, cwd=Path(__file__).parents[3], check=False).returncode == -signal.SIGKILL
    marked = [found(file).rating is not None for pair in zip(photos, raws, strict=True) for file in pair]
    assert marked == [i < writes for i in range(4)]
    way = MarkingSettings(embed=embed, reject=True)

    report = mark(make_burst(photos, raws, closed=1), 1, way)
    again = mark(make_burst(photos, raws, closed=1), 1, way)

    assert [found(file) for file in (photos[0], raws[0])] == [Mark(5, "Green")] * 2
    assert [found(file) for file in (photos[1], raws[1])] == [Mark(-1)] * 2
    assert report.rated == (2 if writes == 1 else 1)
    assert again.rated == 0


def test_a_raw_file_that_came_later_gets_the_stars_that_livecam_gave_and_never_a_persons(tmp_path: Path) -> None:
    photos = [make_picture(tmp_path / f"{name}.jpg") for name in "ab"]
    write(photos[1], Mark(2))
    mark(make_burst(photos), 2, SIDECAR)
    raws = [make_picture(photo.with_suffix(".DNG")) for photo in photos]

    mark(make_burst(photos, raws), 1, SIDECAR)

    assert found(raws[0]) == Mark(5, "Green")
    assert found(raws[1]) == Mark()


def test_after_sidecars_none_is_written_inside_and_it_is_counted_why(tmp_path: Path) -> None:
    photo = make_picture(tmp_path / "a.jpg")
    mark(make_burst([photo]), 1, SIDECAR)
    before = photo.read_bytes()

    report = mark(make_burst([photo]), 1, EMBED)

    assert (report.rated, report.earlier, report.own_stars, report.in_sidecars) == (0, 1, 0, 1)
    assert photo.read_bytes() == before


def test_what_is_no_jpeg_is_not_marked_inside_and_the_advice_is_an_option_of_best(tmp_path: Path) -> None:
    report = mark(make_burst([make_picture(tmp_path / "a.heic")]), 1, EMBED)

    assert report.rated == 0
    assert report.failures[0].endswith("take --xmp sidecar")


def test_a_new_sidecar_repeats_the_stars_that_stand_inside(tmp_path: Path) -> None:
    photo = make_picture(tmp_path / "a.dng", packet('xmp:Rating="2"'))

    report = mark(make_burst([photo]), 1, SIDECAR)

    assert b'xmp:Rating="2"' in (tmp_path / "a.xmp").read_bytes()
    assert found(photo) == Mark(2, "Green")
    assert report == MarkingReport(labelled=1, own_stars=1)


def test_the_one_star_of_darktable_stays_and_is_counted(tmp_path: Path) -> None:
    photo = make_picture(tmp_path / "a.dng")
    star = 'xmlns:darktable="http://darktable.sf.net/" darktable:xmp_version="5" xmp:Rating="1"'
    (tmp_path / "a.dng.xmp").write_bytes(packet(star))

    report = mark(make_burst([photo]), 1, SIDECAR)

    assert found(photo) == Mark(1, "Green")
    assert (report.own_stars, report.darktables) == (1, 1)


@pytest.mark.parametrize(("reject", "ratings"), [(False, [5, 4, 3, 2]), (True, [5, -1, -1, 2])])
def test_what_lost_by_closed_eyes_or_blur_is_rejected_if_asked(
    tmp_path: Path, reject: bool, ratings: list[int]
) -> None:
    photos = [make_picture(tmp_path / f"{name}.jpg") for name in "abcd"]
    groups = make_burst(photos, closed=1, blurred=2)

    report = mark(groups, 1, MarkingSettings(reject=reject))

    assert [found(photo).rating for photo in photos] == ratings
    assert report.rejected == ratings.count(-1)


def test_a_keeper_and_what_a_person_gave_stars_are_never_rejected(tmp_path: Path) -> None:
    photos = [make_picture(tmp_path / f"{name}.jpg") for name in "abc"]
    (tmp_path / "b.jpg.xmp").write_bytes(packet('xmp:Rating="1"'))
    (tmp_path / "a.jpg.xmp").write_bytes(packet('xmp:Rating="2"'))

    mark(make_burst(photos, closed=1), 3, MarkingSettings(reject=True))
    assert found(photos[1]).rating == 1

    mark(make_burst(photos, closed=2), 3, MarkingSettings(reject=True))
    assert all(found(photo).rating != -1 for photo in photos)


def test_what_somebody_has_flagged_as_a_pick_is_never_rejected(tmp_path: Path) -> None:
    photos = [make_picture(tmp_path / f"{name}.jpg") for name in "abc"]
    (tmp_path / "b.jpg.xmp").write_bytes(packet('xmpDM:pick="1"'))

    mark(make_burst(photos, closed=1, blurred=2), 1, MarkingSettings(reject=True))

    assert [found(photo).rating for photo in photos] == [5, 4, -1]
    assert b'xmpDM:pick="1"' in (tmp_path / "b.jpg.xmp").read_bytes()


@pytest.mark.parametrize("way", [SIDECAR, EMBED], ids=["sidecar", "inside"])
def test_stars_of_an_earlier_run_do_not_outrank_a_persons(tmp_path: Path, way: MarkingSettings) -> None:
    photos = [make_picture(tmp_path / f"{name}.jpg") for name in "abc"]
    (tmp_path / "b.jpg.xmp").write_bytes(packet('xmp:Rating="3"'))

    for _ in range(2):
        (group,) = groups = make_burst(photos)
        assert [ranked.index for ranked in group.ranking] == [1, 0, 2]
        mark(groups, 1, way)

    assert list(map(found, photos)) == [Mark(5), Mark(3, "Green"), Mark(3)]


def test_stars_that_a_person_has_changed_since_are_the_persons_and_go_before_livecams_elsewhere(tmp_path: Path) -> None:
    photo, raw = make_picture(tmp_path / "a.jpg"), make_picture(tmp_path / "a.dng")
    mark(make_burst([photo], [raw]), 1, SIDECAR)
    assert find_marks([photo, raw]).is_livecams

    sidecar = tmp_path / "a.xmp"
    sidecar.write_bytes(sidecar.read_bytes().replace(b'xmp:Rating="5"', b'xmp:Rating="2"'))  # as another program would

    now = find_marks([photo, raw])
    assert (now.mark.rating, now.is_livecams, now.disagree) == (2, False, False)


def test_a_person_who_gives_the_stars_that_livecam_gave_makes_them_theirs(tmp_path: Path) -> None:
    photo = make_picture(tmp_path / "a.jpg")
    mark(make_burst([photo]), 1, SIDECAR)

    write(photo, Mark(rating=5))

    assert (find_marks([photo]).mark.rating, find_marks([photo]).persons_rating) == (5, 5)


STARS = st.sampled_from([None, -1, 0, 1, 2, 3, 4, 5])
LABELS = st.sampled_from(["", "Red", "Grün & Blau"])
KINDS = st.sampled_from(["jpg", "dng", "heic", "webp", "png", "tif", "cr3"])
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "iso-8859-1"])


@st.composite
def packets(draw: st.DrawFn) -> tuple[int | None, str, bytes]:
    """Stars, a label, and the packet that says them, in one of the ways of programs."""
    stars, label = draw(STARS), draw(LABELS)
    way = draw(st.sampled_from(["xmp:Rating", "MicrosoftPhoto:Rating"]))
    percent = {-1: -1, 0: 0, 1: 1, 2: 25, 3: 50, 4: 75, 5: 99}
    value = None if stars is None else percent[stars] if way.startswith("M") else stars
    text = "" if value is None else f'{way}="{value}"'
    if label:
        text += f' xmp:Label="{label.replace("&", "&amp;")}"'
    text += draw(st.sampled_from(["", ' xmpDM:pick="1"', ' xmpDM:pick="0"', ' digiKam:PickLabel="3"']))
    return stars, label, packet(text)


@st.composite
def settings_files(draw: st.DrawFn, photo: Path) -> dict[Path, str]:
    """What raw developers keep beside a photo."""
    beside = {
        photo.with_name(photo.name + ".pp3"): f"[General]\nRank={draw(st.integers(0, 5))}\nColorLabel=2\n",
        photo.with_name(photo.name + ".dop"): f"Sidecar = {{\nRating = {draw(st.integers(0, 5))},\n}}\n",
        photo.with_suffix(".on1"): f'{{"photos": {{"a": {{"metadata": {{"Rating": {draw(st.integers(0, 5))}}}}}}}}}',
    }
    return {path: text for path, text in beside.items() if draw(st.integers(0, 3)) == 0}


def of_sidecar(data: bytes, encoding: str) -> bytes:
    if encoding == "utf-8":
        return data
    text = data.decode()[data.decode().index("<x:") : data.decode().rindex("<?")]
    return f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)


def test_the_cameras_stars_inside_a_photo_are_not_outvoted_inside_it_by_a_sidecars(tmp_path: Path) -> None:
    photo = make_picture(tmp_path / "a.jpg", None, rating=1)
    write(photo, Mark(rating=2), embed=False)

    mark(make_burst([photo]), 1, MarkingSettings(embed=True))

    inside = {place.path: place.mark.rating for place in find_marks([photo]).places}
    assert inside == {photo: 1, tmp_path / "a.jpg.xmp": 2}


@pytest.mark.parametrize("embed", [False, True])
def test_the_cameras_stars_stay_beside_a_packet_that_has_none(tmp_path: Path, embed: bool) -> None:
    photo = make_picture(tmp_path / "a.jpg", packet(""), rating=1)

    mark(make_burst([photo]), 1, MarkingSettings(embed=embed))

    assert not find_marks([photo]).is_livecams
    assert find_marks([photo]).mark.rating == 1


@settings(max_examples=150, deadline=None)
@given(data=st.data())
@pytest.mark.slow
def test_no_mark_of_a_person_ever_changes(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("marks")
    photos: list[Path] = []
    for name in "abc"[: data.draw(st.integers(1, 3))]:
        photo = folder / f"{name}.{data.draw(KINDS)}"
        inside = data.draw(st.none() | packets())
        exif = data.draw(STARS.filter(lambda stars: stars != -1)) if photo.suffix != ".cr3" else None
        make_picture(photo, inside[2] if inside else None, rating=exif)
        for sidecar in (f"{photo.name}.xmp", f"{name}.xmp"):
            if (said := data.draw(st.none() | packets())) is not None:
                (folder / sidecar).write_bytes(of_sidecar(said[2], data.draw(ENCODINGS)))
        for file, text in data.draw(settings_files(photo)).items():
            file.write_text(text)
        photos.append(photo)
    before = {photo: find_marks([photo]) for photo in photos}
    files = {path: path.read_bytes() for path in folder.iterdir()}
    settings_ = MarkingSettings(data.draw(st.booleans()), data.draw(st.booleans()), data.draw(LABELS))
    groups = make_burst(photos, closed=data.draw(st.none() | st.integers(0, 2)))
    top = data.draw(st.integers(1, 3))

    kept = [group[0] for group in to_transfer(groups, top)]
    mark(groups, top, settings_)

    for path, content in files.items():
        assert path.suffix not in {".pp3", ".dop", ".on1"} or path.read_bytes() == content
    for photo in photos:
        was, now = before[photo], find_marks([photo])
        assert_kept(was, now)
        assert now.picked == was.picked
        if was.mark.rejected:
            assert photo not in kept
            assert {path: path.read_bytes() for path in (photo, *sidecars(photo))}.items() <= files.items()


def assert_kept(was: FoundMarks, now: FoundMarks) -> None:
    """Each place still says what it said, and the photo as a whole too."""
    places = {place.path: place.mark for place in now.places}
    for place in was.places:
        if place.mark.rating:
            assert places[place.path].rating == place.mark.rating
        if place.mark.label:
            assert places[place.path].label == place.mark.label
    if was.mark.rating:
        assert now.mark.rating == was.mark.rating
    if was.mark.label:
        assert now.mark.label == was.mark.label


def make_asleep(folder: Path, count: int, eyes: EyePolicy = EyePolicy.OPEN) -> list[RankedGroup]:
    """A group in which nobody's eyes are open, worth 3 and less but for that."""
    folder.mkdir()
    files = [make_picture(folder / f"{i}.jpg") for i in range(count)]
    faces = [make_face_record(score=1.15, open_eyes_score=3.2 - i, eyes=(0.99, 0.99)) for i in range(count)]
    records = tuple(make_record(face, path=str(file)) for face, file in zip(faces, files, strict=True))
    return [RankedGroup("asleep", records, rank(records, settings=RankingSettings(eyes=eyes)), eyes=eyes)]


@pytest.mark.parametrize("count", [1, 3])
def test_where_nobody_has_open_eyes_the_best_is_never_one_star_and_a_keeper(tmp_path: Path, count: int) -> None:
    groups = make_asleep(tmp_path / "in", count)

    report = mark(groups, 1, SIDECAR)

    best, *others = (group.path or Path() for group in (groups[0].records[r.index] for r in groups[0].ranking))
    assert found(best) == Mark()
    assert [found(other) for other in others] == [Mark(1)] * (count - 1)
    assert (report.poor, report.poor_for_eyes) == (1, 1)
    assert to_transfer(groups, 1) == [[best]], "it is kept: there is no better one"


def test_with_eyes_any_the_sleeping_child_has_the_stars_of_its_face_and_the_label(tmp_path: Path) -> None:
    groups = make_asleep(tmp_path / "in", 2, EyePolicy.ANY)

    report = mark(groups, 1, SIDECAR)

    stars = [found(groups[0].records[r.index].path or Path()) for r in groups[0].ranking]
    assert stars == [Mark(3, "Green"), Mark(2)]
    assert report.poor == 0


def test_a_lone_blurred_photo_is_not_one_star_and_a_keeper_either(tmp_path: Path) -> None:
    record = make_record(make_face_record(score=1.1), path=str(make_picture(tmp_path / "a.jpg")))

    report = mark([RankedGroup("a", (record,), rank([record]))], 1, SIDECAR)

    assert found(tmp_path / "a.jpg") == Mark()
    assert (report.poor, report.poor_for_eyes) == (1, 0)


def test_a_keeper_to_which_a_person_gave_one_star_gets_no_label_and_one_with_more_stars_does(tmp_path: Path) -> None:
    for stars, label in ((1, ""), (4, "Green")):
        photo = make_picture(tmp_path / f"{stars}.jpg")
        write(photo, Mark(stars), embed=False)
        record = make_record(make_face_record(score=1.1), path=str(photo))
        mark([RankedGroup("a", (record,), rank([record]))], 1, SIDECAR)
        assert (found(photo).rating, found(photo).label or "") == (stars, label)


def test_the_dark_frames_of_a_bracket_keep_the_label_without_a_star(tmp_path: Path) -> None:
    records = [
        make_record(make_face_record(score=score), path=str(make_picture(tmp_path / f"{score}.jpg")))
        for score in (1.1, 4.0)
    ]
    group = RankedGroup("bracket", tuple(records), rank(records), Kind.BRACKET, kept_whole=True)

    mark([group], 1, SIDECAR)

    assert [found(record.path or Path()) for record in records] == [Mark(None, "Green"), Mark(4, "Green")]


def test_a_second_run_with_other_eyes_knows_the_stars_of_the_first_for_its_own(tmp_path: Path) -> None:
    groups = make_asleep(tmp_path / "in", 3)
    mark(groups, 1, SIDECAR)
    results = [ScanResult(Item(record.path or Path()), (record,)) for record in groups[0].records]
    again = replace(
        groups[0], eyes=EyePolicy.ANY, ranking=rank(groups[0].records, settings=RankingSettings(eyes=EyePolicy.ANY))
    )

    (chosen,) = prefer_marked([again], read_marks(results))

    assert [r.index for r in chosen.ranking] == [0, 1, 2], "by the rest of the face, not by the first run's stars"


@pytest.mark.parametrize("way", [SIDECAR, EMBED], ids=["sidecar", "inside"])
def test_a_second_run_knows_what_the_first_wrote_for_livecams_own(tmp_path: Path, way: MarkingSettings) -> None:
    photos = [make_picture(tmp_path / f"{name}.jpg") for name in "abc"]
    way = replace(way, reject=True)
    mark(make_burst(photos, closed=2), 1, way)
    files = {path: path.read_bytes() for path in tmp_path.iterdir()}

    (group,) = groups = make_burst(photos, closed=2)
    report = mark(groups, 1, way)

    assert replace(report, in_sidecars=0) == MarkingReport(earlier=3)
    assert [ranked.why for ranked in group.ranking if ranked.index == 2] == [("eyes closed",)], "nobody rejected it"
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == files


@pytest.mark.parametrize("way", [SIDECAR, EMBED], ids=["sidecar", "inside"])
def test_what_livecam_says_otherwise_now_replaces_its_own_and_never_what_somebody_changed(
    tmp_path: Path, way: MarkingSettings
) -> None:
    photos = [make_picture(tmp_path / f"{name}.jpg") for name in "abcd"]
    mark(make_burst(photos), 1, way)
    write(photos[1], Mark(2), embed=way.embed)  # a person's, since
    write(photos[3], Mark(2), embed=way.embed)  # the same as livecam's

    report = mark(make_burst([*photos[3:], *photos[:3]]), 1, way)  # scores 5, 4, 3, 2

    assert list(map(found, photos)) == [Mark(4), Mark(2), Mark(2), Mark(2, "Green")]
    assert (report.rated, report.renewed, report.own_stars, report.earlier) == (2, 2, 2, 0)
    assert (report.unlabelled, report.old_labels) == (1, 0)
    assert mark(make_burst([*photos[3:], *photos[:3]]), 1, way).renewed == 0


@pytest.mark.parametrize("way", [SIDECAR, EMBED], ids=["sidecar", "inside"])
def test_a_former_keepers_label_goes_unless_a_person_has_set_it(tmp_path: Path, way: MarkingSettings) -> None:
    photos = [make_picture(tmp_path / f"{name}.jpg") for name in "abc"]
    mark(make_burst(photos), 1, way)
    again = mark(make_burst(photos), 1, way)
    assert (again.labelled, again.unlabelled, found(photos[0]).label) == (0, 0, "Green")
    write(photos[1], Mark(label="Green"), embed=way.embed)  # a person's
    write(photos[2], Mark(label="Red"), embed=way.embed)

    later = mark(make_burst([photos[2], photos[1], photos[0]]), 1, way)

    assert [found(photo).label for photo in photos] == [None, "Green", "Red"]
    assert (later.labelled, later.unlabelled, later.old_labels) == (0, 1, 1)
    back = mark(make_burst(photos), 1, way)
    assert [found(photo).label for photo in photos] == ["Green", "Green", "Red"]
    assert (back.labelled, back.unlabelled) == (1, 0)


def test_a_label_that_a_person_gave_anew_is_theirs(tmp_path: Path) -> None:
    photo, other = (make_picture(tmp_path / f"{name}.cr3") for name in "ab")
    mark(make_burst([photo, other]), 1, SIDECAR)
    write(photo, Mark(label="Green"))  # as livecam best --apply does

    mark(make_burst([other, photo]), 1, SIDECAR)

    assert found(photo).label == "Green"


def test_stars_by_livecam_inside_stay_where_sidecars_are_written_and_that_is_counted(tmp_path: Path) -> None:
    photos = [make_picture(tmp_path / f"{name}.jpg") for name in "ab"]
    mark(make_burst(photos), 1, EMBED)
    before = [photo.read_bytes() for photo in photos]

    report = mark(make_burst(photos[::-1]), 1, SIDECAR)

    assert (report.rated, report.earlier, report.stale) == (0, 2, 2)
    assert [photo.read_bytes() for photo in photos] == before


def test_what_livecam_rejected_is_kept_once_it_is_the_best_there_is_and_else_stays_rejected(tmp_path: Path) -> None:
    photos = [make_picture(tmp_path / f"{name}.jpg") for name in "abc"]
    mark(make_burst(photos, closed=1, blurred=2), 1, MarkingSettings(reject=True))
    assert [found(photo).rating for photo in photos] == [5, -1, -1]

    groups = make_burst(photos[1:])  # the best was deleted, and eyes count for nothing now
    mark(groups, 1, SIDECAR)

    assert [files[0] for files in to_transfer(groups, 1)] == [photos[1]]
    assert [found(photo) for photo in photos[1:]] == [Mark(5, "Green"), Mark(-1)]
    assert b'xmpDM:pick="-1"' not in (tmp_path / "b.jpg.xmp").read_bytes()


def test_stars_that_livecam_would_no_longer_give_are_taken_back(tmp_path: Path) -> None:
    (asleep,) = make_asleep(tmp_path / "in", 1, EyePolicy.ANY)
    mark([asleep], 1, SIDECAR)
    assert found(tmp_path / "in/0.jpg") == Mark(3, "Green")

    report = mark([replace(asleep, eyes=EyePolicy.OPEN, ranking=rank(asleep.records))], 1, SIDECAR)

    assert found(tmp_path / "in/0.jpg") == Mark(0, "Green")
    assert (report.rated, report.renewed, report.poor) == (0, 1, 1)


def test_one_star_that_would_be_a_guess_is_not_given(tmp_path: Path) -> None:
    photos = [make_picture(tmp_path / f"{i}.jpg") for i in range(3)]
    hidden = (Reason.MOUTH_HIDDEN,)
    faces = [make_face_record(score=score, reasons=hidden) for score in (3.0, 1.1, 2.0)]
    records = [make_record(face, path=str(photo)) for face, photo in zip(faces, photos, strict=True)]

    report = mark([RankedGroup("a", tuple(records), rank(records))], 1, SIDECAR)

    assert [found(photo) for photo in photos] == [Mark(3, "Green"), Mark(), Mark(2)]
    assert report.unseen == 1
