"""From a model to machine code.

Here belong: finding the part of a model that is linear, printing the model and its integrator as LLVM IR, compiling
and caching that, and running it over many people. Not here: what the equations mean.

The way: `linear` splits the model and `layout` lays it out in memory; `program` prints it, from `exact_part`,
`rosenbrock_step` (coefficients in `rodas5p`) and one of the drivers, with `ir` as pen, `terms` for the model's
expressions and `functions` for exp and log; `native` compiles it or takes it from the disk cache; `run` feeds it
blocks of eight people, with their doses as a `schedule`.
"""
