"""Bash over the machine's files: the library behind our interface, and the socket programs plug into."""
