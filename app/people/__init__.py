"""The record that all rooms share: people, their states, contact, places, who may see what."""
