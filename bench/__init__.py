"""Measurements of the kernel beside two others; ``python -m bench`` runs them all and writes ``docs/benchmarks.md``."""
