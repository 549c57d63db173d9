"""Shapes and numbers that the source fixes: tensors, modules and arrays, computed without the libraries they mimic."""
