"""What others published, as data with status.

Belongs here: the tables of studies and observations that ship with the package, the reader of any other
directory of the same form, and the values that they become.

Does not belong here: predictions, scores and parameters of models.
"""
