"""The access log for the auditor: who saw and did what, and break-glass to review."""
