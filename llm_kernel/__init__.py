"""A Jupyter kernel for a machine that is imagined: code owns the physics, a language model owns the prose."""
