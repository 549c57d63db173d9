"""An interpreter of Python in a process of its own: it carries out a program's syntax and asks its host for the rest.

The process loads this folder and nothing else of the package.
"""
