"""What the server's log may say: that and where something failed, never with which value."""

from __future__ import annotations

import logging
import re
import traceback
from pathlib import Path
from types import TracebackType

_QUERY = re.compile(r"\?[^\s\"']*")
# The token in the address of a patient's questionnaire opens it.
_LINK = re.compile(r"/q/[^\s\"'/]+")
_KNOWN = ("django.", "gunicorn", "ataraxy", "py.warnings", "csp", "allauth", "whitenoise")
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class DiscreetFilter(logging.Filter):
    """Takes query strings out of messages, and requests, whose forms a handler could print, out of records."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = str(record.msg)
        record.msg, record.args = _LINK.sub("/q/…", _QUERY.sub("?…", message))[:500], ()
        if not record.name.startswith(_KNOWN) and record.levelno < logging.WARNING:
            return False
        record.__dict__.pop("request", None)
        return True


class DiscreetFormatter(logging.Formatter):
    """One line; of an exception its type, the code of ours, and the places it went through, without its message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def formatException(self, ei: ExcInfo) -> str:
        kind, error, trace = ei
        if kind is None:
            return ""
        code = getattr(error, "code", "")
        places = [
            f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(trace)[-8:]
        ]
        return f"{kind.__name__}{f' [{code}]' if isinstance(code, str) and code else ''} at " + " < ".join(
            reversed(places)
        )
