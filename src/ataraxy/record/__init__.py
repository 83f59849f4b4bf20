"""What happened: an append-only log of entries, each bound to the one before it by its hash.

Belongs here: entries and their canonical form, the store on SQLite and PostgreSQL, projections and how they are
rebuilt, patients' keys and erasure, signatures, anchors, export, backup and restore, and the verifier that needs
nothing but Python. The record knows no rules of therapy: it keeps what it is given, or says why it cannot.

Does not belong here: what an event means (`ataraxy.therapy`), who may record it and which tables a clinic reads
(`ataraxy.practice`).
"""
