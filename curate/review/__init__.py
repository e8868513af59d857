"""The page of what was rejected, from a server on this machine: every decision is written at once."""
