"""Import a roster in the browser."""
