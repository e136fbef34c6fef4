"""What ``livecam rate`` does: look, choose what to ask, ask it, and learn from the answers."""

from __future__ import annotations

import io
import os
import sys
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.text import Text

from livecam import model_files
from livecam.best.lessons.learning_run import LearnWanted, learn_taste
from livecam.best.lessons.said import key_of
from livecam.best.outputs.report import print_failures, progress
from livecam.best.ranking.tasted import rated
from livecam.errors import LivecamError, SourceError
from livecam.photos.discover import Item, collect, printable
from livecam.rating.answers import Answers, answered_before
from livecam.rating.cuts import Cuts
from livecam.rating.dialogue import Dialogue
from livecam.rating.material import Material, look_through
from livecam.rating.page import RatingPage
from livecam.rating.questions import Question, Shown, Value, generic_value, pair_questions, single_questions
from livecam.rating.session import RatingSession
from livecam.rating.window import RatingWindow
from livecam.taste.choosing import choose_taste_for
from livecam.taste.head import TasteHead
from livecam.taste.lessons import LessonStore
from livecam.taste.places import DEFAULT_NAME, head_file
from livecam.ui.window import Window
from livecam.wording import counted

_NOTHING = "it needs photos or clips with faces, sharp and well lit"
_NOTHING_MORE = "all that tells anything there was asked about: name other photos or clips"


@dataclass(frozen=True, slots=True)
class RateWanted:
    """See the options of the command. pairs: two at a time, where there are two.  browser: it is opened."""

    name: str
    pairs: bool
    count: int
    window: bool
    browser: bool
    recursive: bool
    gap_s: float
    model: Path | None


def ask(paths: Sequence[str], wanted: RateWanted, notes: Console) -> bool:
    """Do it all, and say what came of it; return whether anything could not be used. Raises LivecamError."""
    store = LessonStore()
    items, skipped = collect(paths, recursive=wanted.recursive)
    material = _look(items, wanted, notes)
    failures = list(dict.fromkeys([*(one.why for one in skipped if one.failed), *material.failures]))
    print_failures(failures, notes)
    if failures and not material.groups:
        return True
    questions, before = _choose(material, store, wanted, notes)
    if not questions:
        raise SourceError(f"nothing to ask about in {printable(paths[0])}: {_NOTHING_MORE if before else _NOTHING}")
    with Cuts(questions) as cuts:
        answers = Answers(store, material.network, wanted.name)
        dialogue = Dialogue(RatingSession(questions, answers.save, before=before % wanted.count), cuts)
        if wanted.window:
            with Window("livecam rate") as screen:
                RatingWindow(screen, dialogue).ask()
            lines = _learned(dialogue, wanted)
        else:
            lines = _on_page(dialogue, wanted, notes)
    print_failures(list(dict.fromkeys(dialogue.failures)), notes)
    for line in lines:
        notes.print(Text(line))
    return bool(failures or dialogue.failures)


def _look(items: Sequence[Item], wanted: RateWanted, notes: Console) -> Material:
    if not items:
        return Material("")
    with progress(notes) as bar:
        task = bar.add_task("looking", total=sum(not item.clip or item.live_of is None for item in items))
        return look_through(
            items,
            gap_s=wanted.gap_s,
            model=wanted.model,
            on_progress=lambda done: bar.update(task, completed=done),
        )


def _choose(material: Material, store: LessonStore, wanted: RateWanted, notes: Console) -> tuple[list[Question], int]:
    """Choose what is asked, and say how many of the same kind were asked about these pictures before.

    Whoever stopped goes on to the same count; whoever came to its end is asked as many again.
    """
    here = {key_of(record.path or Path())[0] for _, records in material.groups for record in records}
    pairs, faces = answered_before(lesson for lesson in store.read().all if lesson.taste == wanted.name)
    pairs = {pair for pair in pairs if all(key[0] in here for key in pair)}
    faces = {key for key in faces if key[0] in here}
    value = _value(wanted)
    if wanted.pairs:
        more = wanted.count - len(pairs) % wanted.count
        questions = pair_questions(material.groups, value, more, pairs)
        if questions or pairs:
            return questions, len(pairs)
    more = wanted.count - len(faces) % wanted.count
    questions = single_questions(material.groups, value, more, faces)
    if questions and wanted.pairs:
        notes.print("no two faces of one person within a moment that differ: one at a time then")
    return questions, len(faces)


def _value(wanted: RateWanted) -> Value:
    """What is thought of a face so far: by the person's own taste as far as it is learned, else by the scorer."""
    named = None if wanted.name == DEFAULT_NAME else wanted.name
    if not head_file(wanted.name).is_file():
        return generic_value
    head = choose_taste_for(named, model_files.scorer_model(wanted.model)).head
    return generic_value if head is None else _ByTaste(head)


class _ByTaste:
    """A learned taste's word on a face."""

    def __init__(self, head: TasteHead) -> None:
        self._head = head

    def __call__(self, shown: Shown) -> float:
        (record,) = rated((replace(shown.record, faces=(shown.face,)),), self._head)
        return record.faces[0].open_eyes_score


def _on_page(dialogue: Dialogue, wanted: RateWanted, notes: Console) -> list[str]:
    with RatingPage(dialogue) as page:
        opened = wanted.browser and _has_desktop() and webbrowser.open(page.address)
        what = "asking in your browser" if opened else "open this page in a browser on this computer"
        notes.print(Text(f"{what}: {page.address}"))
        notes.print("each answer is kept at once: finish on the page; Ctrl-C here ends it too, and loses nothing")
        try:
            while not page.finished.wait(0.2):  # short waits, for Windows lets no Ctrl-C into a long one
                pass
        except KeyboardInterrupt:
            notes.print(f"{counted(dialogue.session.answered, 'answer')} kept: livecam learn learns from them")
            raise
        lines = _learned(dialogue, wanted)
        page.say_result(lines)
    return lines


def _has_desktop() -> bool:
    """Whether a browser would open beside the terminal: without a desktop one for text would open in it."""
    return sys.platform != "linux" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _learned(dialogue: Dialogue, wanted: RateWanted) -> list[str]:
    """Learn from all that is known of the person's taste, and return what came of it."""
    answered = dialogue.session.answered
    if not answered:
        return ["nothing was answered, and nothing learned"]
    told = io.StringIO()
    kept = f"{counted(answered, 'answer')} kept"
    try:
        learn_taste([], LearnWanted(wanted.name, model=wanted.model), Console(file=told, soft_wrap=True))
    except LivecamError as error:
        return [kept, str(error)]
    return [kept, *told.getvalue().splitlines()]
