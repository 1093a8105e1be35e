"""What keeps the server quick when more is asked than it can answer."""
