"""One person: the course on one time axis."""
