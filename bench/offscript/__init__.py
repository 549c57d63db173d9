"""Sixty frozen commands that no example uses, judged by code; ``python -m bench.offscript`` runs them."""
