"""Forms for booking and running courses."""
