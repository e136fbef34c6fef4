"""A library that ends the process takes no picture with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from livecam.last_will import FAILED

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Qt ends the process so on X11 alone")


def run(code: str) -> tuple[int, str]:
    begin = """
        import ctypes, os
        from livecam import last_will
        def leave():
            ctypes.CDLL(None).exit(7)  # as Qt does
        def fail():
            raise ValueError
    """
    command = [sys.executable, "-c", dedent(begin) + dedent(code)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_what_is_to_be_saved_is_saved_whatever_else_fails() -> None:
    code = """
        last_will.allow()
        with last_will.last_will(lambda: print("saved")), last_will.last_will(fail):
            leave()
    """
    assert run(code) == (FAILED, "saved\n")


def test_where_wills_do_not_count_and_after_they_were_left_nothing_happens() -> None:
    assert run("with last_will.last_will(lambda: print('saved')): leave()") == (7, "")
    code = """
        last_will.allow()
        assert not last_will.is_made()
        with last_will.last_will(lambda: print("saved")):
            pass
        assert last_will.is_made()
        leave()
    """
    assert run(code) == (7, "")


def test_what_libraries_have_set_up_since_is_still_there() -> None:
    code = """
        took_down = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: print("taken down", flush=True))
        last_will.allow()
        with last_will.last_will(lambda: print("saved", flush=True)), last_will.last_will(lambda: print("first")):
            ctypes.CDLL(None)["__cxa_atexit"](took_down, None, None)
            leave()
    """
    assert run(code) == (FAILED, "first\nsaved\n")


def test_another_thread_may_end_the_process() -> None:
    code = """
        import threading
        last_will.allow()
        with last_will.last_will(lambda: print("saved")):
            thread = threading.Thread(target=leave)
            thread.start()
            thread.join()
    """
    assert run(code) == (FAILED, "saved\n")
