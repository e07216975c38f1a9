"""Course types, runs, bookings and attendees."""
