"""Virtual trials: arms as they were given, protocols side by side, hours against weeks.

Belongs here: what a trial of so many people would see if the models were right, with the sampling of people and the
doubt about parameters, for arms of published trials and for protocols that are compared. Does not belong here: the
published results (`ataraxy.evidence`) and how predictions fare against them (`ataraxy.validation`).
"""
