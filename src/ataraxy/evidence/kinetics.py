"""Reading a directory of published kinetic observations: ``pk_studies.yaml`` joined to ``pk_observations.csv``.

The form is described in the header of the files that ship with the package (``evidence/data``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ataraxy.evidence.cells import refuse, shown
from ataraxy.evidence.observation import Observation, read_observations
from ataraxy.evidence.study import Study, read_study
from ataraxy.evidence.yaml_list import LINE, load_yaml, read_text_bytes
from ataraxy.provenance import content_hash

STUDIES_FILE: Final = "pk_studies.yaml"
OBSERVATIONS_FILE: Final = "pk_observations.csv"
SHIPPED: Final = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class KineticEvidence:
    """What a directory holds.

    Attributes:
        studies: in the order of the file; ids are unique.
        observations: in the order of the file; each of a study in `studies`.
        sha256: hash of both files.
    """

    studies: tuple[Study, ...]
    observations: tuple[Observation, ...]
    sha256: str

    @property
    def by_id(self) -> MappingProxyType[str, Study]:
        """Return the studies by their id."""
        return MappingProxyType({study.id: study for study in self.studies})

    def of(self, study: str) -> tuple[Observation, ...]:
        """Return the observations of one study."""
        return tuple(observation for observation in self.observations if observation.study == study)


def load_kinetic_evidence(directory: Path | str | None = None) -> KineticEvidence:
    """Return the studies and observations of a directory; None for those that ship with the package.

    Raises:
        InputError: a file is missing, unreadable or broken, a field is wrong, or an observation is of a study
            that is not listed. The message names file, line or row, field and remedy.
    """
    folder = SHIPPED if directory is None else Path(directory)
    if not folder.is_dir():
        raise refuse(
            "no-directory",
            str(folder),
            "this is not a directory",
            f"Give one that holds {STUDIES_FILE} and {OBSERVATIONS_FILE}",
        )
    texts = {name: read_text_bytes(folder / name) for name in (STUDIES_FILE, OBSERVATIONS_FILE)}
    studies = _studies(texts[STUDIES_FILE].decode("utf-8-sig"), str(folder / STUDIES_FILE))
    file = str(folder / OBSERVATIONS_FILE)
    observations = read_observations(texts[OBSERVATIONS_FILE].decode("utf-8-sig"), file)
    known = {study.id for study in studies}
    for observation in observations:
        if observation.study not in known:
            raise refuse(
                "unknown-study",
                f"{file}: row {observation.row}: field study",
                f"the study {shown(observation.study)} is not in {STUDIES_FILE}",
                "Add it there, or correct the id",
            )
    return KineticEvidence(studies, observations, content_hash(texts))


def _studies(text: str, file: str) -> tuple[Study, ...]:
    content = load_yaml(text, file)
    if isinstance(content, dict) and isinstance(content.get("studies"), list):
        content = content["studies"]
    if not isinstance(content, list) or not content:
        raise refuse("no-studies", file, "the file holds no list of studies", "Begin each study with '- id:'")
    studies = tuple(read_study(item, file) for item in content)
    seen: set[str] = set()
    for item, study in zip(content, studies, strict=True):
        if study.id in seen:
            raise refuse(
                "study-twice",
                f"{file}:{item[LINE]}: field id",
                f"the study {shown(study.id)} stands twice",
                "Rename or remove one",
            )
        seen.add(study.id)
    return studies
