"""No name and no password of a camera is in what people see."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from livecam.addresses import address_of, without_password, without_passwords, without_secrets

LEAK = "hunter2"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://user:hunter2@10.0.0.5:554/live", "rtsp://10.0.0.5:554/live"),
        ("http://hunter2@10.0.0.5/live", "http://10.0.0.5/live"),
        ("http://admin:p@hunter2@10.0.0.5:80/ok", "http://10.0.0.5:80/ok"),
        ("http://admin:p/hunter2@10.0.0.5/ok", "http://10.0.0.5/ok"),
        ("http://admin:p?#hunter2@10.0.0.5/ok", "http://10.0.0.5/ok"),
        ("http://admin:my hunter2@10.0.0.5/ok", "http://10.0.0.5/ok"),
        ("http://[fe80::1]:80/ok?PWD=hunter2", "http://[fe80::1]:80/ok?PWD=***"),
        ("http://cam:80/ok?user=admin&pwd=hunter2&size=2", "http://cam:80/ok?user=admin&pwd=***&size=2"),
        ("http://cam/ok?password=p@hunter2", "http://cam/ok?password=***"),
        ("http://cam/ok?token=hunter2#now", "http://cam/ok?token=***"),
        ("http://cam/ok?api_key=hunter2&loginpas=hunter2", "http://cam/ok?api_key=***&loginpas=***"),
        ("http://cam/ok?u=admin&p=hunter2", "http://cam/ok?u=admin&p=***"),
        ("http://cam/ok?jwt=hunter2&session_id=hunter2", "http://cam/ok?jwt=***&session_id=***"),
        ("http://u:hunter2@cam/ok?access_token=hunter2", "http://cam/ok?access_token=***"),
        ("rtsp://cam:554/user=admin_password=hunter2_channel=1.sdp", "rtsp://cam:554/user=admin_password=***"),
        ("rtsp://admin:hunter2/live", "rtsp://***/live"),
        ("rtsp://admin::hunter2/live", "rtsp://***/live"),
        ("zip://a.jpg::sftp://admin:hunter2/all.zip", "zip://a.jpg::sftp://***/all.zip"),
        ("zip://a.jpg::/disk/all.zip", "zip://a.jpg::/disk/all.zip"),
        ("zip://a.jpg::s3://bucket/all.zip", "zip://a.jpg::s3://bucket/all.zip"),
        ("http:/u:hunter2@cam/ok", "http:/cam/ok"),
        ("admin:hunter2@10.0.0.5/live", "10.0.0.5/live"),
    ],
)
def test_address_is_shown_without_its_password(address: str, shown: str) -> None:
    assert without_password(address) == shown
    assert LEAK not in shown


@pytest.mark.parametrize(
    "text",
    [
        "demo",
        "0",
        "film:12.mp4",
        "me@home.mp4",
        "C:\\films\\a.mp4",
        "C:/me@home/a.mp4",
        "http://cam:8080/ok?x=1",
        "rtsp://[::1]:554/live",
    ],
)
def test_what_holds_no_password_stays_as_it_is(text: str) -> None:
    assert without_password(text) == text
    assert without_passwords(text) == text


def test_addresses_within_a_sentence_lose_their_passwords() -> None:
    text = "unexpected argument (http://u:hunter2@cam/ok?pwd=hunter2), and --source=rtsp://a:hunter2@b/c"

    assert without_passwords(text) == "unexpected argument (http://cam/ok?pwd=*** and --source=rtsp://b/c"


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("s3://bucket/a.jpg", "s3://bucket/a.jpg"),
        ("zip://in/a.jpg::/disk/all.zip", "zip://in/a.jpg::/disk/all.zip"),
        ("/disk/a.jpg", "/disk/a.jpg"),
        ("in/a.jpg", "in/a.jpg"),
    ],
)
def test_an_address_that_became_a_path_is_told_as_an_address(path: str, address: str) -> None:
    assert address_of(PurePosixPath(path)) == address


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("no such channel", "no such channel"),
        ("hunter2 is wrong for admin", "*** is wrong for ***"),
        ("not found: /ok?pwd=s%20ecret", "not found: /ok?pwd=***"),
        ("s ecret expired", "*** expired"),
        ('{"error": "asleep", "token": "abc", "n": 2}', '{"error": "asleep", "token": "***", "n": 2}'),
        ("see http://me:other@10.0.0.5/ok", "see http://10.0.0.5/ok"),
    ],
)
def test_what_a_camera_answers_is_told_without_secrets(answer: str, shown: str) -> None:
    assert without_secrets(answer, "http://admin:hunter2@cam/ok?pwd=s%20ecret") == shown
