"""The embedded default: a loopback image-search site over rendered scenes, and the demo run."""
