"""From data to a draft of a version, in steps whose results a resumed run can reuse."""
