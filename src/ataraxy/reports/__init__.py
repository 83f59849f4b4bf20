"""Figures and self-contained HTML documents.

Belongs here: drawing and laying out results that are complete already, with their provenance.

Does not belong here: simulation, statistics that a result does not carry, and anything fetched from a network
when a document is opened.
"""
