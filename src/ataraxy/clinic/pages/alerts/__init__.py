"""Alerts: who must act, until when, and what was done."""
