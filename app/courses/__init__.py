"""Course types, runs, bookings, attendees and attendance."""
