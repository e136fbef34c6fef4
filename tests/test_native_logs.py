"""Native libraries are silent, Python still speaks, and a terminal stays a terminal."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

NATIVE = "import os; os.write(2, b'native noise\\n');"
PYTHON = "import sys; print('python speaks ≥', file=sys.stderr);"


def stderr_of(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == b""
    return done.stderr.decode()


def test_python_speaks_and_native_code_does_not() -> None:
    assert (
        stderr_of(f"from livecam import native_logs; native_logs.hush(); {NATIVE} {PYTHON}").strip()
        == "python speaks ≥"
    )


def test_verbose_lets_native_code_speak() -> None:
    said = stderr_of(f"from livecam import native_logs; native_logs.speak(); {NATIVE} {PYTHON}")

    assert "native noise" in said
    assert "python speaks" in said


def test_python_warnings_and_log_records_go_only_to_the_verbose() -> None:
    noise = "import warnings, logging; warnings.warn('careful'); logging.getLogger('absl').warning('absl says')"

    assert stderr_of(f"from livecam import native_logs; native_logs.hush(); {noise}") == ""
    said = stderr_of(f"from livecam import native_logs; native_logs.speak(); {noise}")
    assert "careful" in said
    assert "absl says" in said


def test_a_character_that_the_terminal_lacks_does_not_raise() -> None:
    said = stderr_of(f"from livecam import native_logs; native_logs.hush(); {PYTHON}", PYTHONIOENCODING="ascii")

    assert said.strip() == "python speaks \\u2265"


def test_a_fatal_error_says_where_it_happened() -> None:
    code = "from livecam import native_logs; native_logs.hush(); import os; os.abort()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "Fatal Python error: Aborted" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that can close stderr")
def test_a_closed_stderr_keeps_messages_out_of_stdout() -> None:
    code = f"from livecam import native_logs; native_logs.hush(); {NATIVE} {PYTHON}"
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="pty is for POSIX")
def test_a_terminal_stays_a_terminal() -> None:
    import pty  # noqa: PLC0415  not on Windows

    ours, theirs = pty.openpty()
    hushed = f"from livecam import native_logs; native_logs.hush(); {NATIVE}"
    code = f"{hushed} import sys; print(sys.stderr.isatty(), file=sys.stderr)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdin=theirs, stderr=theirs, check=True)
    os.close(theirs)

    assert os.read(ours, 1000).split() == [b"True"]
    os.close(ours)


LIBRARIES = """
from livecam import native_logs
native_logs.{how}()
import cv2, numpy, onnx, onnxruntime
from onnx import TensorProto, helper
from livecam.faces.finder import FaceFinder
from livecam.types import Frame
with FaceFinder() as finder:
    finder.find(Frame(numpy.zeros((240, 320, 3), numpy.uint8), 0.0, 0, 0.0))
value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", value[:1], value[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
wanted = [p for p in ("CUDAExecutionProvider", "CPUExecutionProvider") if p in onnxruntime.get_available_providers()]
onnxruntime.InferenceSession(model.SerializeToString(), providers=wanted)
assert not cv2.VideoCapture({text!r}).isOpened()
assert not cv2.VideoCapture(99).isOpened()
assert cv2.imread("nowhere.png") is None
"""


@pytest.mark.slow
def test_the_libraries_are_silent_from_their_import_to_their_end(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("this is no clip")

    assert stderr_of(LIBRARIES.format(how="hush", text=str(text))) == ""


@pytest.mark.slow
def test_the_libraries_speak_to_the_verbose(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("this is no clip")

    said = stderr_of(LIBRARIES.format(how="speak", text=str(text)))
    assert "XNNPACK" in said, "MediaPipe"
    assert "moov atom" in said, "FFmpeg"
    assert "nowhere.png" in said, "OpenCV"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that closes streams")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_were_closed_at_the_start_get_no_file_of_ours(closed: str, tmp_path: Path) -> None:
    code = (
        "from livecam import native_logs; native_logs.hold_streams();"
        f"file = open({str(tmp_path / 'picture')!r}, 'w'); assert file.fileno() > 2;"
        "import sys; print('seen', flush=True); print('seen', file=sys.stderr, flush=True); native_logs.hush();"
        "print('seen', file=sys.stderr, flush=True)"
    )
    command = f"exec {sys.executable} -c {shlex.quote(code)} {closed}"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "picture").read_text() == ""
