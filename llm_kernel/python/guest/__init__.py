"""What runs in a process of its own: a checked Python program behind a filter of the operating system's kernel.

It gets two pipes and nothing else. Started by its files, so nothing here imports from the rest of the package.
"""
