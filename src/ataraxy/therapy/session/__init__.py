"""One session: its states, what is charted in it, and the rules over what was charted.

Belongs here: the session as a fold of its events, one function for each command that decides whether it may happen,
readings, monitoring times, rules, discharge. Does not belong here: the course of several sessions
(`ataraxy.therapy.course`), drug that is in the cupboard (`ataraxy.therapy.drug_register`), writing (`practice`).
"""
