"""The private word: what somebody keeps off their own page unless they give it."""
