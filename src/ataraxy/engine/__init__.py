"""How a model becomes numbers: model description, compiled kernel, trajectories.

Belongs here: expression graphs, model descriptions with named states, parameters and outputs, dose tables,
the integrators, the exact solution of linear parts, counter-based random numbers, chunks and reducers.

Does not belong here: anything that knows of a drug, a person, a clinic or a file format. People are rows of a
parameter matrix, doses are amounts into states.
"""
