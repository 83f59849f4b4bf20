"""Protocols of the clinic: versioned, compared, adopted, retired, readable for ever."""
