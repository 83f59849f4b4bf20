"""The run sheet of one session. Belongs here: its page, its entries, what it shows offline. Rules are in `therapy`."""
