"""Curation: raw images in, train and test folders and a report of what was rejected out."""
