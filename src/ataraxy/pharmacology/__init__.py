"""What the drug does, and to whom: equations beside cited parameter tables, and populations of virtual people.

Belongs here: published models with their parameters, each with value, unit, uncertainty, source and status;
their variability; virtual adults; the way from a protocol and a population to labelled trajectories.

Does not belong here: how equations are integrated (`ataraxy.engine`), what others observed
(`ataraxy.evidence`), and how well a model predicts it (`ataraxy.validation`).
"""
