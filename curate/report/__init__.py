"""The report of rejected images: one file that opens from disk without a network."""
