"""The private word, which a person enters to see sensitive details on their own page."""
