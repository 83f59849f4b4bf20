"""The JSON interface for devices and programs: the same commands as the pages, by token, with problem JSON for errors.

No rule of therapy and no way of its own to the record belongs here.
"""
