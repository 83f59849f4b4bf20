"""The gate's answer about one person, with reasons; overrides."""
