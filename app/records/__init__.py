"""Staff pages: the list of people, their records, exports, wards and pending changes."""
