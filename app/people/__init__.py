"""People: registration, approval, contact, presence, protection, import."""
