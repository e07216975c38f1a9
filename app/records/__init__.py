"""Staff pages for people: the list, records, exports, wards and pending changes."""
