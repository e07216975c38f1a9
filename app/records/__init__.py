"""Staff's list of people, the record, export, confirming wards, checking changes that wait."""
