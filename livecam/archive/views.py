"""What can be asked of an archive in SQL: the views ``photos`` and ``faces``, made of its shards.

The words of their columns are a promise to whoever keeps a query: docs/archive.md lists them from here.
"""

from __future__ import annotations

from collections.abc import Mapping

from livecam.types import EMBEDDING, EYE_CLOSED

_CLOSED = (
    f"len([f for f in faces if list_max(f.eyes_closed) > {EYE_CLOSED} and not list_contains(f.reasons, 'EYES_HIDDEN')])"
)

# An address within another, such as zip://folder/a.jpg::/abs/all.zip: its scheme, folder and name, and what holds it.
_SCHEME = "[a-zA-Z][a-zA-Z0-9+.-]+://"
_WITHIN = rf"'^({_SCHEME})(?:(.*?)/)??([^/]+?)::(/.*|[a-zA-Z]:[\\/].*|{_SCHEME}.*)$'"

# Each column of a view: how it is made, and what it says. "shards" is what the Parquet files hold.
PHOTOS: Mapping[str, tuple[str, str]] = {
    "path": ("path", "where the photo is: an absolute path, or an address"),
    "name": (
        f"coalesce(nullif(regexp_extract(path, {_WITHIN}, 3), ''), parse_filename(path))",
        "the last part of path; of a photo in a ZIP file, its name there",
    ),
    "folder": (
        rf"if(regexp_matches(path, {_WITHIN}), regexp_replace(path, {_WITHIN}, '\1\2::\4'), parse_dirpath(path))",
        "the rest of path; of a photo in a ZIP file, its folder there, and the ZIP file",
    ),
    "source": ("source", "what `livecam archive` was given that it lies in"),
    "captured": ("captured", "when it was taken, by the camera's clock; null if unknown"),
    "day": ("captured::date", "the day of that"),
    "camera": ("camera", 'make, model and serial number, "" if unknown'),
    "width": ("width", "pixels, upright"),
    "height": ("height", "pixels, upright"),
    "people": ("len(faces)", "how many faces were found; null if the photo could not be read"),
    "score": ("round(list_min([f.score for f in faces])::double, 4)", "of the worst face, 1 to 5; null without a face"),
    "best_score": ("round(list_max([f.score for f in faces])::double, 4)", "of the best face, 1 to 5"),
    "closed_eyes": (_CLOSED, "how many people have an eye closed that can be seen"),
    "sharpness": ("round(sharpness[-1]::double, 4)", "of the middle of the picture, 1 or more"),
    "phash": ("phash", "64 bits of what it shows; `bit_count(xor(a, b))` is how many differ"),
    "embedding": (
        f"faces[1].embedding::float[{EMBEDDING}]",
        "512 numbers of the largest face; `array_cosine_similarity(a, b)` is how alike two are",
    ),
    "content_hash": ("lower(hex(content_hash))", "SHA-256 of the content"),
    "size": ("size", "bytes"),
    "modified": ("make_timestamp(mtime_ns // 1000)", "when the file was written, UTC"),
    "companions": ("companions", "other files of the same exposure"),
    "error": ("error", "why it could not be read; null if all went well"),
}

FACES: Mapping[str, tuple[str, str]] = {
    "path": ("path", "of the photo"),
    "captured": ("captured", "of the photo"),
    "day": ("captured::date", "of the photo"),
    "face": ("face", "1 for the largest in the photo, 2 for the next …"),
    "x0": ("f.box[1]", "its box, pixels of the photo, upright: left"),
    "y0": ("f.box[2]", "top"),
    "x1": ("f.box[3]", "right"),
    "y1": ("f.box[4]", "bottom"),
    "score": ("round(f.score::double, 4)", "1 to 5"),
    "rating_probs": ("f.rating_probs", "of the ratings 1 to 5"),
    "left_eye_closed": ("round(f.eyes_closed[1]::double, 4)", "probability, the subject's left eye"),
    "right_eye_closed": ("round(f.eyes_closed[2]::double, 4)", "probability, the right eye"),
    "reasons": ("f.reasons", "what holds it back, such as `EYES_CLOSED`, `BLURRED`, `TURNED_AWAY`"),
    "yaw": ("f.pose[1]", "degrees, 0 looks at the camera"),
    "pitch": ("f.pose[2]", "degrees"),
    "roll": ("f.pose[3]", "degrees"),
    "open_eyes_score": ("round(f.open_eyes_score::double, 4)", "what the score would be with open eyes"),
    "light": ("round(f.light::double, 4)", "mean brightness, 0 to 1"),
    "sharpness": ("round(f.sharpness[1]::double, 4)", "at the finest size, 1 or more"),
    "eye_detail": (
        "round(f.eye_detail::double, 4)",
        "how crisp the eyes are, beside the same face's others; null where an earlier livecam has scored it",
    ),
    "mouth_cover": (
        "round(f.mouth_cover::double, 4)",
        "log-odds of something before the mouth, beside the same face's others; null likewise",
    ),
    "embedding": (f"f.embedding::float[{EMBEDDING}]", "512 numbers, see `photos`"),
}


def photos_sql(shards: str) -> str:
    """Return the view of all photos. shards: SQL that reads them."""
    return f"create view photos as select {_columns(PHOTOS)} from {shards}"  # noqa: S608  our own words


def faces_sql(shards: str) -> str:
    """Return the view of all faces. shards: SQL that reads them."""
    unnested = f"select path, captured, unnest(faces) as f, generate_subscripts(faces, 1) as face from {shards}"  # noqa: S608
    return f"create view faces as select {_columns(FACES)} from ({unnested})"  # noqa: S608  our own words


def _columns(view: Mapping[str, tuple[str, str]]) -> str:
    return ", ".join(f"{made} as {name}" for name, (made, _) in view.items())
