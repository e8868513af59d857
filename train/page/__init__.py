"""The page of a run: its files read, and shown in one HTML file."""
