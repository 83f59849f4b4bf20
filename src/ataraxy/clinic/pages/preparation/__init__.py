"""Preparing one dose: two people, each by themselves, then what became of the drug. The rules are in `therapy`."""
