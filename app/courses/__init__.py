"""Course types, runs, bookings, attendees, attendance."""
