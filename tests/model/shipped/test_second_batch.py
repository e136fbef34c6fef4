"""The second batch of the research data, more/: which split, labels and subject each picture and clip has."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from livecam.errors import SourceError
from model.shipped.items import clip_split, more_clips, more_stills, seen_in_clip, split_of

FILES = """file,source,path_there,labels_there,note
winks/winks_0001.jpg,psprao95/Wink-Detection,a,,
winks/winks_0002.jpg,PJSoftCo/WordPics,b,,
helen/helen_0001.jpg,fantopop/smile-detection,c,repo: smile 1 mouth_open 1,
helen/helen_0002.jpg,fantopop/smile-detection,c,repo: smile 0 mouth_open 1; smile none,
helen/helen_0003.jpg,fantopop/smile-detection,c,repo: smile 0 mouth_open 0,
children/children_0001.jpg,middleyuan/All-Age-Faces-Dataset,d,age 2,
clips/clips_0001.mp4,filby89/spectre,e,,
"""
EYES = """file,subject,frame_from,frame_to,what,left_eye,right_eye,smile,child,note
winks/winks_0001.jpg,a,,,picture,open,closed,broad,no,
winks/winks_0001.jpg,b,,,picture,unsure,open,none,no,
winks/winks_0002.jpg,-,,,picture,closed,closed,slight,no,
children/children_0001.jpg,-,,,picture,half,half,scream,yes,
clips/clips_0001.mp4,-,3,4,blink,closed,closed,none,no,
clips/clips_0001.mp4,-,9,9,smile,,,broad,no,
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "more" / "clips").mkdir(parents=True)
    (tmp_path / "more" / "files.csv").write_text(FILES, "utf-8")
    (tmp_path / "more" / "eyes.csv").write_text(EYES, "utf-8")
    (tmp_path / "more" / "clips" / "clips_0001.mp4").touch()
    return tmp_path


def test_each_subject_is_an_item_with_what_was_seen_of_it(data: Path) -> None:
    items = [item for _, item in more_stills(data)]

    assert [(item.file, item.person[-1], item.eyes, item.smile) for item in items] == [
        ("winks_0001.jpg", "a", "0 1", "1"),
        ("winks_0001.jpg", "b", "? 0", "0"),
        ("winks_0002.jpg", "-", "1", ""),
        ("helen_0001.jpg", "-", "", "1"),
        ("helen_0002.jpg", "-", "", ""),  # the set's "no smile" of an open mouth is not believed
        ("helen_0003.jpg", "-", "", "0"),
        ("children_0001.jpg", "-", "?", "0"),
    ]


def test_whole_sources_of_winks_and_clips_are_for_testing(data: Path) -> None:
    split = {item.file: item.split for _, item in more_stills(data)}
    assert (split["winks_0001.jpg"], split["winks_0002.jpg"]) == ("train", "test")
    assert split["helen_0001.jpg"] == split_of("helen/helen_0001.jpg")
    assert [clip_split(name) for name in ("clips_0001.mp4", "clips_0021.mp4", "clips_0013.mov")] == [
        "test", "test", "train"
    ]  # fmt: skip


def test_frames_of_a_clip_have_what_was_seen_of_their_range(data: Path) -> None:
    (clip,) = more_clips(data)
    assert seen_in_clip(clip) == {3: ("1", "0"), 4: ("1", "0"), 9: ("", "1")}
    assert seen_in_clip(data / "videos" / "a.mp4") == {}


def test_research_data_without_the_second_batch_is_whole_too(tmp_path: Path) -> None:
    assert list(more_stills(tmp_path)) == []
    assert more_clips(tmp_path) == []


def test_a_second_batch_without_its_labels_is_named(data: Path) -> None:
    (data / "more" / "eyes.csv").unlink()
    with pytest.raises(SourceError, match=r"eyes\.csv cannot be read"):
        list(more_stills(data))
