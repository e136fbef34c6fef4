"""What is printed while its reader is slow, or has gone."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from livecam.ui.lasting_output import LastingOutput


@pytest.mark.skipif(sys.platform == "win32", reason="pipes always wait there")
def test_output_that_another_program_has_made_not_to_wait_loses_nothing_when_its_reader_is_slow() -> None:
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)  # as Node.js does with the terminal that it shares with what it starts
    ended: list[bool] = []
    lines = [f"{i} {'x' * 60}\n" for i in range(3000)]  # more than the pipe holds
    with os.fdopen(write_end, "w", buffering=1) as stream, os.fdopen(read_end) as reader:
        output = LastingOutput(lambda: stream, lambda: ended.append(True))
        read: list[str] = []
        slow = threading.Timer(0.2, lambda: read.extend(reader))
        slow.start()
        for line in lines:
            output.write(line)
            output.flush()
        stream.close()
        slow.join()
    assert read == lines
    assert not ended


def test_output_whose_reader_has_gone_says_so_once_and_fails_no_more() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    ended: list[bool] = []
    with os.fdopen(write_end, "w", buffering=1) as stream:
        output = LastingOutput(lambda: stream, lambda: ended.append(True))
        for _ in range(3):
            output.write("line\n")
            output.flush()
    assert ended == [True]
