"""The crawler: search queries in, raw images with their provenance out."""
