"""The short way of a plain JSON prediction, in front of the FastAPI application; a step a file."""
