"""The trainer: two folders of images in, a run folder with a translator out."""
