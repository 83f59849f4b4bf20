"""The command line: `ataraxy COMMAND`. Every command has --json.

Belongs here: reading arguments, showing results, exit statuses. Does not belong here: anything that a Python user
would miss. An error is one line on standard error; exit status 2 means that the input was wrong, 1 that valid input
could not be computed, 130 that the run was interrupted and left nothing behind.
"""

from ataraxy.cli.main import main

__all__ = ["main"]
