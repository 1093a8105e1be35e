"""The whole loop on real data, told line by line."""
