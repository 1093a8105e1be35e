"""The HTTP service: translates requests to calls of headgate, and their answers back."""
