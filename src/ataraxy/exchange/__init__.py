"""Pure translation between Ataraxy's values and files of other people.

Belongs here: reading protocols and people, writing tables and SBML, parsing units that are written as text. A
reader names file, line or row, field and remedy when the input is wrong; a writer leaves a complete file or
none.

Does not belong here: decisions about what the content means, and any calculation beyond a change of unit or
shape.
"""
