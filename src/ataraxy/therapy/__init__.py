"""What is given, to whom, under which rules.

Belongs here: immutable values (frozen pydantic models) and pure functions: protocols, sessions, doses, drugs,
salts and routes.

Does not belong here: numerics, files, a clock of its own (time is an argument), units as text (they are
parsed in `ataraxy.exchange`), and what the drug does (`ataraxy.pharmacology`).
"""
