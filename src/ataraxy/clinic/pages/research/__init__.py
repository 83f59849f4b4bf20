"""What a researcher may see: courses without whose they are."""
