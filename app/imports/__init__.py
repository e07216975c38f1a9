"""Import lists of people from partners."""
