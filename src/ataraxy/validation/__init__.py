"""Models against evidence, with the misses.

Belongs here: simulating each study as it was dosed, comparing row by row, and summarising honestly: what was
not compared is listed with its reason.

Does not belong here: fitting, the observations themselves (`ataraxy.evidence`), and pages
(`ataraxy.reports`).
"""
