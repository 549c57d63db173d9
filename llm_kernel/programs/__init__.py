"""What the shell runs and does not contain: the socket (``Call``), the exact table, and the emulated rest."""
