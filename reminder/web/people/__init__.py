"""The staff table, one person, and what is done to them."""
