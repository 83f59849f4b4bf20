"""The run sheet: charting a session on a tablet, also without a network. Rules of care are in `therapy`."""
