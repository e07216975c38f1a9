"""The record of a person, which all rooms share: models, states, contact, places and visibility."""
