"""The one way a version answers, online, in batch and at the gate."""
