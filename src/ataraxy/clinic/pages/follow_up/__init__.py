"""Scores that staff enter, questionnaires that are sent, suicide risk, and the contacts after a session."""
