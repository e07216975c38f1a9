"""People: their contact details, places, networks and states."""
