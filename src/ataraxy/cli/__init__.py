"""The commands: arguments in, one call of the library, a summary or JSON out.

Belongs here: reading options, calling one function, printing, and turning an error into one line and an exit
status. Every command has ``--json``.

Does not belong here: anything that a user of the Python API would miss.
"""
