"""The page on which a photo is dropped and seen translated, from a server on this machine."""
