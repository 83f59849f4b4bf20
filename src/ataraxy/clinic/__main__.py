"""`python -m ataraxy.clinic COMMAND ... DIR`: Django's own commands for one clinic, such as ``check --deploy DIR``."""

from __future__ import annotations

import sys

from ataraxy.clinic.home import ClinicHome
from ataraxy.clinic.serve import configure
from ataraxy.errors import AtaraxyError


def main(arguments: list[str]) -> int:
    """Runs one of Django's commands; the last argument is the clinic's directory."""
    if len(arguments) < 2:
        print("usage: python -m ataraxy.clinic COMMAND [OPTIONS] DIR", file=sys.stderr)
        return 2
    *command, directory = arguments
    try:
        configure(ClinicHome.open(directory))
    except AtaraxyError as error:
        print(f"ataraxy: {error}", file=sys.stderr)
        return error.exit_status
    from django.core.management import execute_from_command_line

    execute_from_command_line(["ataraxy.clinic", *command])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
