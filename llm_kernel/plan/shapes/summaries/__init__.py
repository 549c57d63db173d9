"""The tables that packages print of torch's modules."""
