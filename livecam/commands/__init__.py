"""One module per sub-command.

``livecam NAME`` imports ``livecam.commands.NAME`` and calls the function ``NAME`` in it; typer reads that
function's annotations and docstring. A module here is imported only when its command is run.
"""
