"""A small directory of evidence, in the form of the shipped one, with every irregular case that a reader must take."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ataraxy.evidence.kinetics import OBSERVATIONS_FILE, STUDIES_FILE, KineticEvidence, load_kinetic_evidence
from ataraxy.validation.kinetics import KineticValidation, validate_kinetics

HEADER = "study,analyte,metric,time_h,value,unit,spread,spread_type,n,basis,group,note"

STUDIES = """\
- id: arterial-steps
  citation: Made up 2001
  drug: S
  relation: independent
  site: arterial
  population: healthy volunteers
  n: 20
  weight_kg: 80
  age_y: 25
  doses:
  - {time_h: 0.0, route: iv_infusion, amount: 0.07, unit: mg/kg, duration_min: 30}
  - {time_h: 1.0, route: iv_infusion, amount: 0.14, unit: mg/kg, duration_min: 60}
  - {time_h: 2.0, route: iv_infusion, amount: 0.28, unit: mg/kg/h, duration_min: 60}
- id: serum-racemic
  citation: Made up 2002
  drug: racemic
  relation: independent
  site: unknown
  population: healthy volunteers
  doses:
  - {time_h: 0, route: iv_infusion, amount: 5, unit: mg, duration_min: 30}
- id: venous-bolus
  citation: Bolus2003
  drug: racemic
  relation: independent
  site: venous
  doses:
  - {time_h: 0, route: iv_bolus, amount: 20, unit: mg}
- id: venous-bolus-again
  citation: Bolus2004
  drug: racemic
  relation: independent
  site: venous
  doses:
  - {time_h: 0, route: iv_bolus, amount: 20, unit: mg, note: probably the Bolus2003 patients again}
- id: r-alone
  citation: Made up 2005
  drug: R
  relation: independent
  site: venous
  doses:
  - {time_h: 0, route: iv_infusion, amount: 30, unit: mg, duration_min: 40}
- id: own
  citation: Made up 2006
  drug: S
  relation: own_data
  site: venous
  doses:
  - {time_h: 0, route: iv_infusion, amount: 10, unit: mg, duration_min: 30}
- id: estimate
  citation: Made up 2007
  drug: S
  relation: model_estimate
  site: arterial
  doses:
  - {time_h: 0, route: iv_infusion, amount: null, unit: mg, duration_min: 30}
- id: estimate-reported
  citation: Made up 2016
  drug: S
  relation: model_estimate
  site: venous
  doses:
  - {time_h: 0, route: iv_infusion, amount: 10, unit: mg, duration_min: 30}
- id: children
  citation: Made up 2008
  drug: racemic
  relation: independent
  site: venous
  population: children 2-8 y
  children: true
  doses:
  - {time_h: 0, route: im, amount: 3, unit: mg/kg}
- id: nose
  citation: Made up 2009
  drug: racemic
  relation: independent
  site: unknown
  doses:
  - {time_h: 0, route: nasal_other, amount: 50, unit: mg}
- id: spray
  citation: Made up 2010
  drug: S
  relation: independent
  site: unknown
  doses:
  - {time_h: 0, route: nasal_spray, amount: 84, unit: mg, devices: 3}
- id: slow
  citation: Made up 2011
  drug: racemic
  relation: independent
  site: unknown
  doses:
  - {time_h: 0, route: oral_prolonged_release, amount: 60, unit: mg}
- id: tongue
  citation: Made up 2012
  drug: racemic
  relation: independent
  site: unknown
  doses:
  - {time_h: 0, route: sublingual, amount: 25, unit: mg}
- id: swallowed-range
  citation: Made up 2013
  drug: racemic
  relation: independent
  site: unknown
  doses:
  - {time_h: 0, route: oral, amount: 50, unit: mg, dose_assigned: true}
- id: under-the-skin
  citation: Made up 2014
  drug: racemic
  relation: independent
  site: unknown
  doses:
  - {time_h: 0, route: sc, amount: 0.5, unit: mg/kg}
- id: twice-daily
  citation: Made up 2015
  drug: racemic
  relation: independent
  site: venous
  doses:
  - {time_h: 0, route: iv_infusion, amount: 30, unit: mg, duration_min: 40}
  - {time_h: 12, route: iv_infusion, amount: 30, unit: mg, duration_min: 40}
"""

ROWS = """\
arterial-steps,S-ketamine,conc,0.5,0.2,nmol/mL,,none,20,digitised,,
arterial-steps,S-ketamine,conc,3.0,150,ug/L,,none,20,digitised,,
arterial-steps,S-norketamine,conc,5.0,300,nmol/L,,none,20,digitised,,
arterial-steps,hydroxynorketamine,conc,5.0,0.2,umol/L,,none,20,digitised,,total
arterial-steps,S-dehydronorketamine,conc,5.0,0.05,uM,,none,20,digitised,,
arterial-steps,R-ketamine,conc,3.0,1,ng/mL,,none,20,digitised,,
arterial-steps,S-ketamine,Cmax,,0.15,mg/L,,none,20,"secondary,range-midpoint",,
arterial-steps,norketamine/ketamine,AUCinf_ratio,,1.5,,,none,20,reported,,
arterial-steps,S-ketamine,MRT,,160,min,,none,20,reported,,
serum-racemic,S-ketamine,conc,0.5,14,ng/mL,,none,8,digitised,,
serum-racemic,R-ketamine,conc,0.5,14,ng/mL,,none,8,digitised,,
serum-racemic,total ketamine,conc,0.5,28,ng/mL,,none,8,digitised,,
serum-racemic,S-ketamine,CL,,1620,mL/min,380,SD,8,reported,,
serum-racemic,S-ketamine,Vss,,6.6,L/kg,2.2,SD,8,reported,,
serum-racemic,S-ketamine,t_half,,5.2,h,,none,8,reported,,half-life over 8 h
serum-racemic,norketamine (each enantiomer),AUClast,,50,ng*h/mL,,none,8,reported,,AUC 0-8 h
serum-racemic,ketamine,AUClast,,50,ng*h/mL,,none,8,reported,,to the last sample
serum-racemic,ketamine/norketamine,t_half,,8,h,7-9,range,8,range-midpoint,,
serum-racemic,S-hydroxynorketamine,conc,1,14,ng/mL,,none,8,digitised,,
serum-racemic,ketamine,AUC0_24,,3600,ng*min/mL,,none,8,reported,,
serum-racemic,R-ketamine/S-ketamine,conc_ratio,2,1.1,,,none,8,reported,,
venous-bolus,ketamine,Cmax,,150,ng/mL,,none,6,reported,,
venous-bolus,ketamine,Tmax,,0.1,h,,none,6,reported,,
venous-bolus,ketamine,CL,,95,L/h/70kg,,none,6,reported,,
venous-bolus,ketamine,CL,,60,L/h,,none,6,reported,*6/*6,
venous-bolus,ketamine,CL,,60,L/h,,none,6,suspect,,
venous-bolus,ketamine,CL,,60,L/h,,none,6,popPK,,
venous-bolus,ketamine,CL,,60,L/h,,none,6,,,
venous-bolus,ketamine,CL,,60,L/h,,none,6,hearsay,,
venous-bolus,ketamine,CL,,BLQ,L/h,,none,6,reported,,
venous-bolus,ketamine,Emax,,3,points,,none,6,reported,,
venous-bolus,midazolam,CL,,60,L/h,,none,6,reported,,
venous-bolus,norketamine,CL,,60,L/h,,none,6,reported,,
venous-bolus,ketamine,conc,,60,ng/mL,,none,6,reported,,
venous-bolus,ketamine,AUCinf,,4,ng*h/mL/mg,,none,6,reported,,
venous-bolus-again,ketamine,CL,,95,L/h/70kg,,none,6,reported,,
venous-bolus-again,ketamine,CL,,17,mL/min/kg,,none,6,reported,,a number that only this paper has
r-alone,R-ketamine,Cmax,,170,ng/mL,,none,6,reported,,
r-alone,R-norketamine,Cmax,,60,ng/mL,,none,6,reported,,
own,S-ketamine,conc,0.5,56,ug/L,,none,17,digitised,,
estimate,S-ketamine,CL,,1.23,L/min,0.04,none,10,popPK,,
estimate,S-ketamine,Cmax,,60,ng/mL,,none,10,reported,,
estimate-reported,S-ketamine,CL,,90,L/h,,none,10,reported,,
children,ketamine,F,,41,%,,none,50,reported,,
nose,ketamine,F,,0.13,fraction,,none,10,reported,,
nose,ketamine,Cmax,,40,ng/mL,,none,10,reported,,
spray,S-ketamine,Tmax,,30,min,20-40,range,10,reported,,counted from the LAST spray
spray,S-ketamine,F,,48,%,,none,10,reported,,
slow,ketamine,t_half,,8,h,,none,10,reported,,
slow,ketamine,CL,,80,L/h,,none,10,reported,,
tongue,ketamine,F,,29,%,27-31,none,8,reported,,
swallowed-range,ketamine,Cmax,,30,ng/mL,,none,8,reported,,
swallowed-range,ketamine,F,,20,%,,none,8,reported,,
swallowed-range,ketamine,CL/F,,400,L/h,,none,8,reported,,
under-the-skin,ketamine,Cmax,,120,ng/mL,,none,8,reported,,
under-the-skin,ketamine,F,,90,%,,none,8,reported,,
twice-daily,ketamine,conc,12.6667,110,ng/mL,,none,8,reported,,
twice-daily,S-ketamine,AUC0_24,,300,ng*h/mL,,none,8,reported,,
"""


@pytest.fixture(scope="session")
def write_evidence(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], KineticEvidence]:
    """Return a function of studies and rows that writes them as a directory and reads it."""

    def write(studies: str, rows: str) -> KineticEvidence:
        folder: Path = tmp_path_factory.mktemp("evidence")
        (folder / STUDIES_FILE).write_text(studies, encoding="utf-8")
        (folder / OBSERVATIONS_FILE).write_text(f"{HEADER}\n{rows}", encoding="utf-8")
        return load_kinetic_evidence(folder)

    return write


@pytest.fixture(scope="session")
def irregular(write_evidence: Callable[[str, str], KineticEvidence]) -> KineticEvidence:
    """The directory above."""
    return write_evidence(STUDIES, ROWS)


@pytest.fixture(scope="session")
def irregular_result(irregular: KineticEvidence) -> KineticValidation:
    """The directory above, validated."""
    return validate_kinetics(irregular)


@pytest.fixture(scope="session")
def shipped() -> KineticValidation:
    """The evidence that ships with the package, validated."""
    return validate_kinetics(load_kinetic_evidence())
