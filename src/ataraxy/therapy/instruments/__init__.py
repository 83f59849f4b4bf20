"""Rating scales as definitions: items, ranges, bands, and what counts as better or worse.

Belongs here: immutable definitions and scores, and pure functions from answers to totals and from totals to changes.

Does not belong here: the definitions themselves, which are files read by `ataraxy.exchange.instrument_file`, and how
well a scale repeats itself, which is `ataraxy.pharmacology.symptoms`.
"""
