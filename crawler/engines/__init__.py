"""Search engines, a file or folder for each website; an engine knows its website and nothing else."""
