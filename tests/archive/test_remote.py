from __future__ import annotations

import secrets
import zipfile
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from livecam.archive import remote
from livecam.archive.listing import list_photos
from livecam.errors import ArchiveError, LivecamError
from tests.archive.engines import rows_in, score
from tests.best.photo_factories import make_photo

ABOUT_THE_FILE = ("path", "source", "mtime_ns", "companions")


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    """A store that is no folder: fsspec's own, in memory."""
    store = fsspec.filesystem("memory")
    yield store
    store.store.clear()
    store.pseudo_dirs.clear()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for i in range(5):
        make_photo(folder / f"day {i % 2}" / f"IMG_{i}.jpg", 100 + 20 * i, i)
    (folder / "broken.jpg").write_bytes(b"broken")
    return folder


def zipped(folder: Path, place: Path) -> Path:
    with zipfile.ZipFile(place, "w") as archive:
        for path in sorted(folder.rglob("*.jpg")):
            archive.write(path, path.relative_to(folder))
        archive.writestr("__MACOSX/._IMG_0.jpg", b"what macOS adds")
        archive.writestr("day 0/.hidden.jpg", b"hidden")
        archive.writestr("day 0/clip.mp4", b"a clip")
        archive.writestr("day 0/notes.txt", b"text")
    return place


def put(photos: Path, store: fsspec.AbstractFileSystem, place: str) -> None:
    for path in sorted(photos.rglob("*.jpg")):
        store.pipe_file(f"{place}/{path.relative_to(photos).as_posix()}", path.read_bytes())


def by_name(out: Path) -> dict[str, dict[str, object]]:
    """The rows but for what they say of the file, by the file's name; in errors names stand for paths."""
    rows = {}
    for path, row in rows_in(out).items():
        name = path.split("::", 1)[0].rsplit("/", 1)[-1]
        error = row["error"] and row["error"].replace(path, name)
        rows[name] = {key: row[key] for key in row if key not in ABOUT_THE_FILE} | {"error": error}
    return rows


def test_a_zip_file_gives_what_its_folder_gives(tmp_path: Path, photos: Path) -> None:
    packed = zipped(photos, tmp_path / "all.zip")
    score(photos, out=tmp_path / "of folder")

    tally = score(packed, out=tmp_path / "of zip")

    assert by_name(tmp_path / "of zip") == by_name(tmp_path / "of folder")
    assert (tally.found, tally.failed) == (6, 1)
    assert tally.notes == ["1 clip passed over: livecam best looks for the peaks of clips"]
    assert f"zip://day 0/IMG_0.jpg::{packed}" in rows_in(tmp_path / "of zip")
    assert {row["source"] for row in rows_in(tmp_path / "of zip").values()} == {str(packed)}
    assert score(packed, out=tmp_path / "of zip").known == 6


def test_a_store_gives_what_a_folder_gives(tmp_path: Path, photos: Path, memory: fsspec.AbstractFileSystem) -> None:
    put(photos, memory, "/bucket/2026")
    score(photos, out=tmp_path / "of folder")

    score("memory://bucket/2026", out=tmp_path / "of store")

    assert by_name(tmp_path / "of store") == by_name(tmp_path / "of folder")
    assert "memory://bucket/2026/day 0/IMG_0.jpg" in rows_in(tmp_path / "of store")
    assert score("memory://bucket/2026", out=tmp_path / "of store").known == 6


def test_a_photo_of_a_store_that_was_replaced_is_scored_anew(
    tmp_path: Path, photos: Path, memory: fsspec.AbstractFileSystem
) -> None:
    put(photos, memory, "/bucket")
    score("memory://bucket", out=tmp_path / "archive")
    memory.pipe_file("/bucket/broken.jpg", make_photo(tmp_path / "better.jpg").read_bytes())

    assert score("memory://bucket", out=tmp_path / "archive").scored == 1
    assert rows_in(tmp_path / "archive")["memory://bucket/broken.jpg"]["error"] is None


def test_a_raw_file_in_a_store_goes_with_its_jpeg(tmp_path: Path, memory: fsspec.AbstractFileSystem) -> None:
    jpeg = make_photo(tmp_path / "a.jpg").read_bytes()
    for name in ("DSC_1.JPG", "DSC_1.NEF", "DSC_2.NEF"):
        memory.pipe_file(f"/bucket/{name}", jpeg)

    score("memory://bucket", out=tmp_path / "archive")

    companions = {path: row["companions"] for path, row in rows_in(tmp_path / "archive").items()}
    assert companions == {"memory://bucket/DSC_1.JPG": ["memory://bucket/DSC_1.NEF"], "memory://bucket/DSC_2.NEF": []}


def test_a_photo_that_could_not_be_fetched_has_no_row_and_is_tried_again(
    tmp_path: Path, photos: Path, memory: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(photos, memory, "/bucket")
    whole = type(memory).get_file

    def lose(store: fsspec.AbstractFileSystem, name: str, place: str) -> None:
        if name.endswith("IMG_3.jpg"):
            raise TimeoutError("the line is dead")
        whole(store, name, place)

    with monkeypatch.context() as patch:
        patch.setattr(type(memory), "get_file", lose)
        tally = score("memory://bucket", out=tmp_path / "archive")

    assert tally.failures == ["memory://bucket/day 1/IMG_3.jpg could not be fetched (the line is dead)"]
    assert (tally.scored, tally.unread) == (5, 1)
    assert score("memory://bucket", out=tmp_path / "archive").scored == 1


def test_a_store_that_is_gone_ends_the_run_and_blames_no_photo(
    tmp_path: Path, photos: Path, memory: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(photos, memory, "/bucket")

    def lose(store: fsspec.AbstractFileSystem, name: str, place: str) -> None:
        raise TimeoutError("the line is dead")

    monkeypatch.setattr(type(memory), "get_file", lose)

    with pytest.raises(ArchiveError, match=r"could not be fetched \(the line is dead\); check the network"):
        score("memory://bucket", out=tmp_path / "archive")
    assert not rows_in(tmp_path / "archive")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("memory://nowhere", "nothing is at memory://nowhere: check the address"),
        ("nonsense://bucket/key", "nonsense://bucket/key is no address that can be read"),
        ("gs://bucket/key", "gs needs a package more"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_line(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(LivecamError) as raised:
        score(name, out=tmp_path / "archive")

    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["", "file://", "local://"])
def test_a_folder_may_be_named_as_an_address(photos: Path, scheme: str) -> None:
    found = [photo.listed for listing in list_photos([f"{scheme}{photos}"], outside=[], part_files=100)
             for photo in listing.photos]  # fmt: skip

    assert {(photo.source, Path(photo.path).parent.parent) for photo in found[1:]} == {(str(photos), photos)}
    assert found[0].path == str(photos / "broken.jpg")
    assert len(found) == 6


@pytest.mark.parametrize("part_files", [1, 100])
def test_a_folder_of_rejected_photos_is_said(tmp_path: Path, photos: Path, part_files: int) -> None:
    (photos / "deleted").mkdir()
    (photos / "deleted" / "IMG_9.jpg").write_bytes(make_photo(tmp_path / "a.jpg").read_bytes())

    for name in (photos, zipped(photos, tmp_path / "all.zip")):
        listings = list(list_photos([str(name)], outside=[], part_files=part_files))

        assert [note for listing in listings for note in listing.notes if "rejected" in note] == [
            "passed over: 1 folder of rejected photos (deleted; name it to have it looked at)"
        ]
        assert sum(len(listing.photos) for listing in listings) == 6


def test_a_zip_file_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "broken.zip").write_bytes(b"PK but no more")

    with pytest.raises(ArchiveError, match=r"broken\.zip is not a ZIP file, or is broken: copy it again$"):
        score(tmp_path / "broken.zip", out=tmp_path / "archive")


def test_a_zip_file_with_a_password_is_one_line_and_its_other_photos_are_scored(tmp_path: Path, photos: Path) -> None:
    packed = zipped(photos, tmp_path / "locked.zip")
    data = bytearray(packed.read_bytes())
    entry = data.index(b"PK\x01\x02")
    first = data.index(b"PK\x03\x04")
    data[entry + 8] |= 1  # its flags, in the list of files and before the file itself
    data[first + 6] |= 1
    packed.write_bytes(data)

    tally = score(packed, out=tmp_path / "archive")

    assert (tally.scored, tally.unread) == (5, 1)
    assert "is encrypted" in tally.failures[0]
    while (entry := data.find(b"PK\x01\x02", entry + 1)) >= 0:
        data[entry + 8] |= 1
    packed.write_bytes(data)
    with pytest.raises(ArchiveError, match=r"locked\.zip has a password: unpack it, and name the folder$"):
        score(packed, out=tmp_path / "other")


@pytest.mark.parametrize(
    ("url", "name", "said"),
    [
        ("s3://bucket/2026", "bucket/2026/a.jpg", "s3://bucket/2026/a.jpg"),
        ("sftp://ann:pass@word@host:2222/photos", "/photos/a.jpg", "sftp://host:2222/photos/a.jpg"),
        ("memory://bucket", "/bucket/a.jpg", "memory://bucket/a.jpg"),
        ("zip://::s3://bucket/all.zip", "day/a.jpg", "zip://day/a.jpg::s3://bucket/all.zip"),
        ("zip://::file:///data/all.zip", "a.jpg", "zip://a.jpg::/data/all.zip"),
        ("zip://::sftp://ann:secret@host/all.zip", "a.jpg", "zip://a.jpg::sftp://host/all.zip"),
    ],
)
def test_an_address_says_where_a_photo_is_without_a_password(url: str, name: str, said: str) -> None:
    assert remote._address(name, url) == said
    assert "secret" not in remote.shown(url)
    assert "word" not in remote.shown(url)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of S3's, by moto's server on this machine."""
    server_module = pytest.importorskip("moto.server", reason="needs moto's server (pip install 'moto[server,s3]')")
    s3fs = pytest.importorskip("s3fs", reason="needs s3fs (pip install s3fs)")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    store = s3fs.S3FileSystem(skip_instance_cache=True)
    name = f"photos-{secrets.token_hex(4)}"  # moto's servers of one process know each other's buckets
    store.mkdir(name)
    yield name
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.mark.slow
def test_s3_gives_what_a_folder_gives(tmp_path: Path, photos: Path, bucket: str) -> None:
    s3fs = pytest.importorskip("s3fs")
    put(photos, s3fs.S3FileSystem(skip_instance_cache=True), f"{bucket}/2026")
    score(photos, out=tmp_path / "of folder")

    score(f"s3://{bucket}/2026", out=tmp_path / "of S3")

    assert by_name(tmp_path / "of S3") == by_name(tmp_path / "of folder")
    assert f"s3://{bucket}/2026/day 0/IMG_0.jpg" in rows_in(tmp_path / "of S3")
    assert score(f"s3://{bucket}/2026", out=tmp_path / "of S3").known == 6
    with pytest.raises(ArchiveError, match=f"nothing is at s3://{bucket}/nowhere"):
        score(f"s3://{bucket}/nowhere", out=tmp_path / "of nothing")


@pytest.mark.slow
def test_a_zip_file_in_s3_gives_what_its_folder_gives(tmp_path: Path, photos: Path, bucket: str) -> None:
    s3fs = pytest.importorskip("s3fs")
    packed = zipped(photos, tmp_path / "all.zip")
    s3fs.S3FileSystem(skip_instance_cache=True).pipe_file(f"{bucket}/all.zip", packed.read_bytes())
    score(photos, out=tmp_path / "of folder")

    score(f"s3://{bucket}/all.zip", out=tmp_path / "of zip")

    assert by_name(tmp_path / "of zip") == by_name(tmp_path / "of folder")


def test_a_copy_is_gone_once_it_was_looked_at(tmp_path: Path, photos: Path, memory: fsspec.AbstractFileSystem) -> None:
    put(photos, memory, "/bucket")
    memory.pipe_file("/bucket/big.bin", b"no photo")
    names = [f"/bucket/day {i % 2}/IMG_{i}.jpg" for i in range(5)]

    most = 0
    for copy in remote.fetched("memory://bucket", names, tmp_path, 2):
        assert isinstance(copy, Path)
        most = max(most, len(list(tmp_path.glob("*.jpg"))))
        copy.unlink()

    assert most <= 4


def test_a_picture_in_a_zip_file_that_would_fill_the_disk_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_LARGEST", 1 << 20)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb.jpg", bytes(3 << 20))
        file.writestr("small.jpg", b"a picture")
    url = remote.url_of(str(tmp_path / "a.zip"))
    assert url is not None
    bomb, small = remote.fetched(url, ["bomb.jpg", "small.jpg"], tmp_path, 1)
    assert bomb == "it would take 3 MiB"
    assert isinstance(small, Path)
    assert small.read_bytes() == b"a picture"
