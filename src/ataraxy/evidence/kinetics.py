"""Reading a directory of published kinetic observations: ``pk_studies.yaml`` joined to ``pk_observations.csv``.

The form is described in the header of the files that ship with the package (``evidence/data``).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

from ataraxy.evidence.cells import refuse
from ataraxy.evidence.observation import Observation, read_observations
from ataraxy.evidence.study import LINE, Study, read_study
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
    texts = {name: _read(folder / name) for name in (STUDIES_FILE, OBSERVATIONS_FILE)}
    studies = _studies(texts[STUDIES_FILE].decode("utf-8-sig"), str(folder / STUDIES_FILE))
    file = str(folder / OBSERVATIONS_FILE)
    observations = read_observations(texts[OBSERVATIONS_FILE].decode("utf-8-sig"), file)
    known = {study.id for study in studies}
    for observation in observations:
        if observation.study not in known:
            raise refuse(
                "unknown-study",
                f"{file}: row {observation.row}: field study",
                f"the study {observation.study!r} is not in {STUDIES_FILE}",
                "Add it there, or correct the id",
            )
    return KineticEvidence(studies, observations, content_hash(texts))


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        content.decode("utf-8")
    except FileNotFoundError:
        raise refuse(
            "file-missing", str(path), "the file is missing", "Add it, or give another directory"
        ) from None
    except OSError as error:
        raise refuse(
            "file-unreadable",
            str(path),
            f"it cannot be read ({error.strerror})",
            "Check its kind and permissions",
        ) from None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise refuse(
            "file-unreadable", f"{path}:{line}", "it is not UTF-8 text", "Save it as UTF-8"
        ) from None
    return content


def _studies(text: str, file: str) -> tuple[Study, ...]:
    try:
        content = yaml.load(text, Loader=_LineLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise refuse(
            "yaml",
            f"{file}{line}",
            f"broken YAML ({error.problem or error.context})",
            "Correct the indentation or quotes there",
        ) from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that does not exist
        problem = " ".join(str(error).split())
        raise refuse("yaml", file, f"broken YAML ({problem})", "Save it as plain text") from None
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
                f"the study {study.id!r} stands twice",
                "Rename or remove one",
            )
        seen.add(study.id)
    return studies


class _LineLoader(yaml.SafeLoader):
    """Notes the line on which each mapping begins, and refuses a key that stands twice in one mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.MarkedYAMLError(problem="a name is expected", problem_mark=key_node.start_mark)
            if key in keys:
                raise yaml.MarkedYAMLError(problem=f"{key!r} stands twice", problem_mark=key_node.start_mark)
            keys.add(key)
        mapping = super().construct_mapping(node, deep)
        mapping[LINE] = node.start_mark.line + 1
        return mapping
