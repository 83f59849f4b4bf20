"""Charting: facts, treatments, drugs, diagnosis."""
