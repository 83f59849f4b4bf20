"""Tokens of devices and programs: made by an administrator, agreed to by the person in whose name they act."""
