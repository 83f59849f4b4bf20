"""Fitting the parameters of the effects to published numbers, with what the fit leaves open.

Belongs here: the targets that may be fitted to (`use: calibrate`), sampling of parameter sets, misfit per target,
leaving one study out. Does not belong here: predictions for studies that were not fitted (`ataraxy.validation`), and
the equations (`ataraxy.pharmacology`).
"""
