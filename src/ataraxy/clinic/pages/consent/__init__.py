"""Consent: what was explained, to which version of which protocol; signed, and withdrawn at any time."""
