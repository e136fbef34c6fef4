"""The failures that a user can do something about.

Each message is one line that says what was found and names the next thing to do.
The command line prints it and exits with 1; anything else that is raised is a bug.
"""


class LivecamError(Exception):
    """An expected failure. The message is for the user."""


class SourceError(LivecamError):
    """A camera, clip, folder or stream cannot be opened or read."""


class SourceRefusedError(SourceError):
    """It is there and does not want us, or cannot be read in the way that was asked for: waiting changes nothing."""


class SourceBusyError(SourceError):
    """It is there and cannot give pictures yet, as a camera that starts: in a few seconds it may."""


class ModelError(LivecamError):
    """A model file is missing, altered, or not what livecam runs."""


class OutputError(LivecamError):
    """A picture or a report cannot be written."""


class DisplayError(LivecamError):
    """There is no screen for the window."""


class ServeError(LivecamError):
    """A browser cannot be served: the address, the certificate or the folder does not allow it."""


class ArchiveError(LivecamError):
    """An archive cannot be read or written, or what it runs on is not there."""
