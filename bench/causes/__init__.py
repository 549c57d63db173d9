"""Whether a run's figures answer to their causes: pairs of scripts that differ in one line."""
