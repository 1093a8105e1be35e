"""What was live, when, why and by whom; and the rules of changing it."""
