"""The virtual clinic: simulated people, staff and weeks, driven through the commands that a real clinic uses.

Belongs here: who is referred, what is hidden about them, what staff do and get wrong. Does not belong here: any rule of
care, and any way into the record but the commands of `practice`. What is hidden (parameters, true severity) is never
recorded.
"""
