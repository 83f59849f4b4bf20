"""From a model to machine code.

Here belong: finding the part of a model that is linear, printing the model and its integrator as LLVM IR, compiling
and caching that, and running it over many people. Not here: what the equations mean.

The way: `linear` splits the model, `program` prints it (with `ir` as pen, `functions` for exp and log, `rodas5p` for
the coefficients), `native` compiles it or takes it from the disk cache, `run` feeds it blocks of eight people.
"""
