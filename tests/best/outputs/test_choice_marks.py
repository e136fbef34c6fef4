"""A person's choices become marks; of those that stand none is lost but to a stronger word, and that is counted."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livecam.best.choices.choice import Flag
from livecam.best.choices.chosen_photos import ChosenPhoto
from livecam.best.outputs.choice_marks import ChoiceMarkSettings, ChoiceMarksReport, RejectRule, mark_chosen
from livecam.storage.marks import Mark, find_marks
from livecam.storage.xmp_marks import write
from tests.photos.mark_factories import make_picture, packet

SIDECAR, EMBED = ChoiceMarkSettings(), ChoiceMarkSettings(embed=True)
LIVECAM = 'xmlns:livecam="urn:livecam:xmp:1#" livecam:rated="{0}" xmp:Rating="{0}"'
DARKTABLE = 'xmlns:darktable="http://darktable.sf.net/" darktable:xmp_version="5" xmp:Rating="1"'


def keep(*files: Path, stars: int = 0) -> ChosenPhoto:
    return ChosenPhoto(files, Flag.KEEP, True, stars)


def reject(*files: Path, stars: int = 0) -> ChosenPhoto:
    return ChosenPhoto(files, Flag.REJECT, True, stars)


def rate(*files: Path, stars: int) -> ChosenPhoto:
    return ChosenPhoto(files, Flag.NEITHER, False, stars)


def inside(path: Path) -> Mark:
    return next((place.mark for place in find_marks([path]).places if place.path == path), Mark())


def counts(report: ChoiceMarksReport) -> dict[str, object]:
    """What of a report is not nothing."""
    return {name: count for name, count in asdict(report).items() if count}


@pytest.mark.parametrize(
    ("there", "said", "rule", "then", "counted"),
    [
        (None, 3, "WITHOUT_STARS", 3, {"rated": 1}),
        ("0", 3, "WITHOUT_STARS", 3, {"rated": 1}),
        ("3", 5, "WITHOUT_STARS", 5, {"rated": 1, "raised": 1}),
        ("5", 3, "WITHOUT_STARS", 5, {"more_stars": 1}),
        ("4", 4, "WITHOUT_STARS", 4, {}),
        ("5", 0, "WITHOUT_STARS", 5, {}),
        ("-1", 5, "WITHOUT_STARS", -1, {"own_rejects": 1}),
        (None, -1, "WITHOUT_STARS", -1, {"rejected": 1}),
        ("4", -1, "WITHOUT_STARS", 4, {"starred": 1}),
        ("4", -1, "ALL", -1, {"rejected": 1, "overruled": 1}),
        (None, -1, "NONE", None, {}),
        ("-1", -1, "WITHOUT_STARS", -1, {}),
        (DARKTABLE, -1, "WITHOUT_STARS", -1, {"rejected": 1}),
        (DARKTABLE, 1, "WITHOUT_STARS", 1, {}),
        ('xmpDM:pick="1"', -1, "WITHOUT_STARS", None, {"starred": 1}),
        (LIVECAM.format(4), -1, "WITHOUT_STARS", -1, {"rejected": 1}),
        (LIVECAM.format(4), 2, "WITHOUT_STARS", 2, {"rated": 1}),
        (LIVECAM.format(4), 4, "WITHOUT_STARS", 4, {"rated": 1}),
        (LIVECAM.format(-1), 4, "WITHOUT_STARS", 4, {"rated": 1}),
        (LIVECAM.format(-1), -1, "WITHOUT_STARS", -1, {"rejected": 1}),
    ],
)
def test_the_stronger_word_counts_and_what_is_left_or_taken_away_is_counted(
    tmp_path: Path, there: str | None, said: int, rule: str, then: int | None, counted: dict[str, int]
) -> None:
    photo = make_picture(tmp_path / "a.dng")
    if there is not None:
        text = there if "=" in there else f'xmp:Rating="{there}"'
        (tmp_path / "a.xmp").write_bytes(packet(text))
    chosen = reject(photo) if said < 0 else rate(photo, stars=said)
    how = ChoiceMarkSettings(rejects=RejectRule[rule])

    report = mark_chosen([chosen], how)

    assert find_marks([photo]).mark.rating == then
    assert find_marks([photo]).persons_rating == (0 if then == 1 and there == DARKTABLE else then or 0)
    assert counts(report) == counted
    again = counts(mark_chosen([chosen], how))
    assert not again.keys() & {"rated", "rejected", "raised", "overruled"}


def test_all_files_of_a_photo_are_marked_and_the_keeper_gets_the_label(tmp_path: Path) -> None:
    for how in (SIDECAR, EMBED):
        folder = tmp_path / str(how.embed)
        folder.mkdir()
        photo, raw = make_picture(folder / "a.jpg"), make_picture(folder / "a.CR2")
        (folder / "a.mov").write_bytes(b"clip")
        before = raw.read_bytes()

        report = mark_chosen([keep(photo, raw, folder / "a.mov", stars=2)], how)

        assert counts(report) == {"rated": 1, "labelled": 1}
        assert [find_marks([file]).mark for file in (photo, raw)] == [Mark(2, "Green")] * 2
        assert raw.read_bytes() == before
        assert inside(photo) == (Mark(2, "Green") if how.embed else Mark())
        assert not list(folder.glob("a.mov.*"))
        assert counts(mark_chosen([keep(photo, raw, folder / "a.mov", stars=2)], how)) == {}


@pytest.mark.parametrize("how", [SIDECAR, EMBED])
def test_what_livecam_has_rejected_and_a_person_keeps_is_no_longer_rejected(
    tmp_path: Path, how: ChoiceMarkSettings
) -> None:
    photo = make_picture(tmp_path / "a.jpg", packet(LIVECAM.format(-1)) if how.embed else None)
    if not how.embed:
        write(photo, Mark(-1), by_livecam=True)

    report = mark_chosen([keep(photo)], how)

    assert find_marks([photo]).mark == Mark(0, "Green")
    assert counts(report) == {"labelled": 1}
    assert counts(mark_chosen([keep(photo)], how)) == {}


@pytest.mark.parametrize("how", [SIDECAR, EMBED])
def test_the_label_that_livecam_gave_is_a_persons_once_they_keep_the_photo(
    tmp_path: Path, how: ChoiceMarkSettings
) -> None:
    photo = make_picture(tmp_path / "a.jpg")
    write(photo, Mark(5, "Green"), embed=how.embed, by_livecam=True, label_by_livecam=True)

    mark_chosen([keep(photo)], how)

    assert find_marks([photo]).mark == Mark(5, "Green")
    assert not find_marks([photo]).is_livecams_label


def test_what_was_marked_in_one_file_alone_is_marked_in_all(tmp_path: Path) -> None:
    photo, raw = make_picture(tmp_path / "a.jpg"), make_picture(tmp_path / "a.CR2")
    (tmp_path / "a.jpg.xmp").write_bytes(packet('xmp:Rating="4" xmp:Label="Green"'))  # and then the power went

    mark_chosen([keep(photo, raw, stars=4)], SIDECAR)

    assert find_marks([raw]).mark == Mark(4, "Green")


def test_what_stands_in_sidecars_is_written_inside_too_and_sidecars_that_say_less_are_raised(tmp_path: Path) -> None:
    one, other = make_picture(tmp_path / "a.jpg"), make_picture(tmp_path / "b.jpg")
    mark_chosen([keep(one, stars=4), rate(other, stars=2)], SIDECAR)

    report = mark_chosen([keep(one, stars=4), rate(other, stars=5)], EMBED)

    assert (inside(one), inside(other)) == (Mark(4, "Green"), Mark(5))
    assert {place.mark.rating for place in find_marks([other]).places} == {5}
    assert report.raised == 1


def test_another_label_stays_and_a_new_sidecar_repeats_the_stars_that_stand_inside(tmp_path: Path) -> None:
    one, other = make_picture(tmp_path / "a.jpg", packet('xmp:Label="Red"')), make_picture(tmp_path / "b.jpg", rating=2)

    report = mark_chosen([keep(one), keep(other)], SIDECAR)

    assert counts(report) == {"labelled": 1, "own_labels": 1}
    assert find_marks([one]).mark == Mark(label="Red")
    assert b'xmp:Rating="2"' in (tmp_path / "b.jpg.xmp").read_bytes()
    assert counts(mark_chosen([keep(one)], ChoiceMarkSettings(keep_label=""))) == {}


def test_what_cannot_be_marked_is_a_line_and_the_rest_is_done(tmp_path: Path) -> None:
    heic, broken, good = (make_picture(tmp_path / name) for name in ("a.heic", "b.jpg", "c.jpg"))
    (tmp_path / "b.jpg.xmp").write_bytes(b"no XMP")

    report = mark_chosen([rate(each, stars=3) for each in (heic, broken, good)], EMBED)

    assert [name in line for name, line in zip(("a.heic", "b.jpg.xmp"), report.failures, strict=True)] == [True, True]
    assert report.failures[0].endswith("take --xmp sidecar")
    assert (report.rated, inside(good)) == (1, Mark(3))


def test_a_jpeg_that_is_read_only_keeps_no_stars_from_its_raw_file(tmp_path: Path) -> None:
    photo, raw = make_picture(tmp_path / "a.jpg"), make_picture(tmp_path / "a.CR2")
    photo.chmod(0o444)

    report = mark_chosen([rate(photo, raw, stars=3)], EMBED)

    assert ["a.jpg inside: it is read-only" in line for line in report.failures] == [True]
    assert (report.rated, find_marks([raw]).mark) == (1, Mark(3))


STARS = st.sampled_from([None, -1, 0, 1, 2, 3, 4, 5])


@settings(max_examples=150, deadline=None)
@given(data=st.data())
@pytest.mark.slow
def test_no_mark_is_ever_lowered_nor_lost(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("marks")
    files = []
    for suffix in data.draw(st.lists(st.sampled_from(["jpg", "dng", "heic"]), min_size=1, max_size=2, unique=True)):
        inner, beside = data.draw(STARS), data.draw(STARS)
        label = data.draw(st.sampled_from(["", ' xmp:Label="Red"']))
        file = make_picture(folder / f"a.{suffix}", None if inner is None else packet(f'xmp:Rating="{inner}"{label}'))
        if beside is not None:
            (folder / f"a.{suffix}.xmp").write_bytes(packet(f'xmp:Rating="{beside}"'))
        files.append(file)
    was = find_marks(files)
    chosen = ChosenPhoto(tuple(files), data.draw(st.sampled_from(Flag)), True, data.draw(st.integers(0, 5)))
    rule = data.draw(st.sampled_from([RejectRule.NONE, RejectRule.WITHOUT_STARS]))

    mark_chosen([chosen], ChoiceMarkSettings(data.draw(st.booleans()), rule))

    now = {place.path: place.mark for place in find_marks(files).places}
    for place in was.places:
        rating, after = place.mark.rating or 0, now[place.path].rating or 0
        assert after == rating or 0 <= rating < after or (rating == 0 and after == -1) or rating == after == -1
        assert not place.mark.label or now[place.path].label == place.mark.label
