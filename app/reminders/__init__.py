"""Certificate reminders: planning, sending and recording them."""
