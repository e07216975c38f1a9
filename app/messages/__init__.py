"""Letters to people and users, sent by email, text message, phone or post."""
