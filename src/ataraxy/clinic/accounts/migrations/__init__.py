"""Steps of the database of accounts."""
