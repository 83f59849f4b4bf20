"""Audit: entries of the record by author, verification of its chain, anchors and exports."""
