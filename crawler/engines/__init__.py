"""Search engines, a file for each website; an engine knows its website and nothing else."""
