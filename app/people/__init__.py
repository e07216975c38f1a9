"""The record of a person that all rooms share: models, states, contact, places and visibility."""
