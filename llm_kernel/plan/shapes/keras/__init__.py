"""Keras: layers, models, their summaries and the lines of their training."""
