"""What a source that is not there may have been meant for: an address without its beginning."""

from __future__ import annotations

import re

from livecam.addresses import without_password

# An IP address, www, localhost, a host with its port or with a password; or a scheme whose colon or slashes are wrong.
_LIKE_ADDRESS = re.compile(
    r"(?:https?|rtsps?|rtmp|udp|tcp|srt)(?::[/\\]|//)|[^/\s]+:\S+@"
    r"|(?:\S+@)?(?:(?:(?:\d{1,3}\.){3}\d{1,3}|localhost)(?:[:/]|$)|www\.|[\w.-]+:\d{2,5}(?:/|$))",
    re.IGNORECASE,
)


def not_there(spec: str) -> str:
    """Return in a line that no camera, file or folder is called spec, and what to do; without a password in it."""
    meant = "an address begins with http://, rtsp:// or the like"
    advice = meant if _LIKE_ADDRESS.match(spec) else "check it, or try --source demo"
    return f"no camera, file or folder is called {without_password(spec)!r}: {advice}"
