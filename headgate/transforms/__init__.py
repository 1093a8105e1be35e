"""Transformers of our own, trusted by every server: one implementation for training and serving."""

from headgate.transforms.images import PngPixels

__all__ = ["PngPixels"]
