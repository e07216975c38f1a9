"""Course types, course runs, bookings and attendees."""
