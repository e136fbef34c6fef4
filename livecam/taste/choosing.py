"""Which taste counts: the one that a person names, or what livecam has learned from them, once that is better."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from livecam.errors import ModelError, OutputError
from livecam.photos.discover import printable
from livecam.taste.head import TasteHead
from livecam.taste.head_file import load_head
from livecam.taste.network import network_of_file
from livecam.taste.places import head_file
from livecam.taste.switch import is_off

OFF = "off"
HOW_OFF = "--taste off turns it off once, livecam taste --off for good"


@dataclass(frozen=True, slots=True)
class ChosenTaste:
    """The taste to go by. head: None for the scorer's own word.  notes: a line each for people, of it or why not.

    off: whether something was learned that the person has turned off for good.
    """

    head: TasteHead | None = None
    notes: tuple[str, ...] = ()
    off: bool = False

    def levelled(self) -> ChosenTaste:
        """Return it for a shutter, whose limits are the scorer's, see ``TasteHead.levelled``."""
        return self if self.head is None else replace(self, head=self.head.levelled())


def choose_taste_for(wanted: str | None, scorer: Path) -> ChosenTaste:
    """Return ``choose_taste`` for the scorer in a file, which is read only where that matters. Raises ModelError."""
    if wanted == OFF or (wanted is None and not head_file().is_file()):
        return ChosenTaste()
    return choose_taste(wanted, network_of_file(scorer))


def choose_taste(wanted: str | None, network: str) -> ChosenTaste:
    """Return the taste for a scorer of this network (``network.network_of``).

    wanted: "off", a file of ``livecam learn``, the name of a taste that it has learned here, or None: what is learned
    from this machine's user, if that has proved better, fits and is not turned off. Raises ModelError for what is named
    and unusable.
    """
    if wanted == OFF:
        return ChosenTaste()
    if wanted is not None:
        path = _named(wanted)
        head = load_head(path)
        if head.network != network:
            raise ModelError(
                f"{path} was learned with the scorer {printable(head.network)}, not {network}: run livecam learn again,"
                " or name that scorer with --model"
            )
        return ChosenTaste(head, (f"scored by the taste in {path}, which {head.story.verdict.of_it}",))
    path = head_file()
    if not path.is_file():
        return ChosenTaste()
    if is_off():
        return ChosenTaste(notes=("your taste is off: livecam taste --on turns it on",), off=True)
    try:
        head = load_head(path)
    except ModelError as error:
        return ChosenTaste(notes=(f"your taste is left aside: {error}",))
    if not head.story.verdict.better:
        return ChosenTaste()
    if head.network != network:
        why = f"it was learned with the scorer {printable(head.network)}, not {network}"
        return ChosenTaste(notes=(f"your taste is left aside: {why}: run livecam learn again",))
    return ChosenTaste(head, (f"scored by your taste, which {head.story.verdict.of_it}: {HOW_OFF}",))


def _named(wanted: str) -> Path:
    """The file that is named, or that of a taste of this name."""
    path = Path(wanted)
    try:
        learned = head_file(wanted)
    except OutputError:
        return path
    return learned if learned.is_file() and not path.exists() else path
