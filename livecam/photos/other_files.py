"""What lies beside photos and clips in a folder: files that belong to them, what programs keep there, all the rest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from livecam.photos.on_disk import is_file
from livecam.wording import counted

# Marks, edits, settings and catalogues of programs, and what cameras put beside a photo: nobody misses them.
_BELONGS_TO_A_PHOTO = frozenset((
    ".aae", ".acr", ".arp", ".bdm", ".bc", ".bct", ".cof", ".comask", ".cop", ".cos", ".cot", ".cpi", ".ctg", ".db",
    ".dop", ".dr4", ".gpx", ".icc", ".icm", ".idx", ".ini", ".json", ".lnk", ".lrcat", ".lrf", ".lrprev", ".lrv",
    ".md5", ".mpl", ".nksc", ".on1", ".onphoto", ".pp3", ".rpp", ".scr", ".sfv", ".sha256", ".spd", ".srt", ".thm",
    ".tmp", ".vrd", ".wav", ".xmp", *(f".exposurex{version}" for version in range(2, 8)),
))  # fmt: skip
_OWN_FILE = re.compile(r"livecam-.*\.jsonl", re.IGNORECASE)  # a journal of ours
# Pictures and clips that no library of livecam reads.
_CONVERTIBLE = frozenset((
    ".360", ".afphoto", ".ai", ".braw", ".cin", ".crm", ".djvu", ".dpx", ".eps", ".exr", ".hdr", ".insp", ".insv",
    ".jxl", ".jxr", ".kra", ".pdf", ".psb", ".pxd", ".r3d", ".svg", ".wdp", ".xcf",
))  # fmt: skip
# Folders in which programs, storage servers and systems keep thumbnails and what was deleted. Those whose name begins
# with a dot (.thumbnails, .Trash-1000, .picasaoriginals, .dtrash) are never entered at all.
_PROGRAM_FOLDERS = frozenset((
    "#recycle", "#snapshot", "$recycle.bin", "@__thumb", "@eadir", "@recently-snapshot", "@recycle", "@tmp",
    "__macosx", "_thumb", "_thumbs", "adobe bridge cache", "ipod photo cache", "lost+found", "nksc_param", "recycler",
    "system volume information", "thumb", "thumbnail", "thumbnails", "thumbs",
))  # fmt: skip
# Folders into which people, and programs for them, move what they reject: ``livecam run`` (deleted), FastRawViewer
# (_Rejected), Apple's export of iCloud Photos (Recently Deleted). It must not come back as the best of anything.
_REJECTS = re.compile(r"_?(deleted|recently deleted|rejects?|rejected|trash)", re.IGNORECASE)
_PROGRAM_FOLDER_SUFFIXES = (".lrdata", ".lrcat-data", ".cocatalogdb", ".trickplay")
# Folders of this name only within such a parent, for elsewhere they may be anybody's own.
_PROGRAM_FOLDERS_IN = {
    "captureone": {"cache", "settings"},
    "cache": {"thumbnails"},  # PhotoPrism
    "m4root": {"sub", "thmbnl"},  # Sony's cameras, of clips: what stands in for them, and thumbnails
    ".cocatalog": {"cache", "adjustments"},
    ".photoslibrary": {"resources", "database", "private", "scopes", "internal"},
    ".migratedphotolibrary": {"thumbnails", "previews", "data", "data.noindex"},
    ".photolibrary": {"thumbnails", "previews", "data", "data.noindex"},
    ".aplibrary": {"thumbnails", "previews", "database", "aperture.aplib"},
}
# Folders that are one thing to a person, and whose files a program keeps account of: what is moved out of it is missing
# there, and what is written into it is not known. Apple's Photos, iPhoto and Aperture, Capture One, Lightroom.
_LIBRARIES = frozenset((
    ".aplibrary", ".cocatalog", ".lrlibrary", ".migratedphotolibrary", ".photolibrary", ".photoslibrary",
))  # fmt: skip
_THUMBNAIL_FILE = re.compile(
    r"SYNO(PHOTO|VIDEO|FILE|INDEX)_.*|.*\.[a-z0-9]{2,4}[._](thumb|thumbnail|preview)\.(jpe?g|png|webp)", re.IGNORECASE
)


def library_of(file: Path) -> Path | None:
    """Return the library of a program in which file lies, and which that program alone may change; None if none."""
    return next((folder for folder in file.absolute().parents if folder.suffix.lower() in _LIBRARIES), None)


def is_not_entered(folder: Path) -> bool:
    """Tell whether what lies in folder is not looked at, unless it is named itself."""
    return _holds_rejects(folder) or _belongs_to_a_program(folder)


def _holds_rejects(folder: Path) -> bool:
    return _REJECTS.fullmatch(folder.name) is not None


def _belongs_to_a_program(folder: Path) -> bool:
    """Tell whether a program keeps thumbnails, previews or deleted files in folder."""
    name, parent = folder.name.lower(), folder.parent.name.lower()
    if name in _PROGRAM_FOLDERS or name.endswith(_PROGRAM_FOLDER_SUFFIXES):
        return True
    within = parent if parent in _PROGRAM_FOLDERS_IN else Path(parent).suffix
    return name in _PROGRAM_FOLDERS_IN.get(within, ())


def is_thumbnail(file: Path) -> bool:
    """Tell by its name whether a program made file as the thumbnail of another one."""
    return _THUMBNAIL_FILE.fullmatch(file.name) is not None


def belongs_to_a_photo(file: Path) -> bool:
    """Tell whether file holds marks, edits or settings, or is another thing that nobody expects to be looked at."""
    if file.suffix.lower() in _BELONGS_TO_A_PHOTO or _OWN_FILE.fullmatch(file.name) is not None:
        return True
    # IMG_1.JPG.bak beside IMG_1.JPG, and ExifTool's IMG_1.JPG_original, whatever they are.
    of = file.parent / (file.name.removesuffix("_original") if file.name.endswith("_original") else file.stem)
    return of.suffix != "" and is_file(of)


def passed_over(files: Sequence[Path], thumbnails: int, folders: Sequence[Path]) -> str:
    """Return one line that counts by kind what was not looked at.

    files: of kinds that are not read.  thumbnails: how many of programs.  folders: that were not entered.
    """
    kinds = Counter(file.suffix.lower() or "without a suffix" for file in files)
    counts = [f"{count:,} {kind}" for kind, count in sorted(kinds.items(), key=lambda entry: (-entry[1], entry[0]))]
    if thumbnails:
        counts.append(counted(thumbnails, "thumbnail of other programs", "thumbnails of other programs"))
    rejects = sum(map(_holds_rejects, folders))
    if programs := len(folders) - rejects:
        counts.append(counted(programs, "folder of other programs", "folders of other programs"))
    if rejects:
        names = ", ".join(sorted({folder.name for folder in folders if _holds_rejects(folder)}))
        photos = counted(rejects, "folder of rejected photos", "folders of rejected photos")
        counts.append(f"{photos} ({names}; name it to have it looked at)")
    unreadable = sorted(kinds.keys() & _CONVERTIBLE)
    hint = f"; to have them looked at, save {' and '.join(unreadable)} as JPEG or MP4" if unreadable else ""
    return f"passed over: {', '.join(counts)}{hint}"
