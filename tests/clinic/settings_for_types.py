"""Settings of a clinic that nobody opens, for the type checker's Django plugin, which must import some."""

import os
import tempfile
from pathlib import Path

from ataraxy.clinic.home import ENVIRONMENT, ClinicHome, ClinicSettings

if ENVIRONMENT not in os.environ:
    _folder = tempfile.TemporaryDirectory()
    os.environ[ENVIRONMENT] = str(
        ClinicHome.create(Path(_folder.name) / "home", ClinicSettings(name="Types")).path
    )

from ataraxy.clinic.settings import *  # noqa: F403
