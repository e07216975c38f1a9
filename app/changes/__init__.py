"""Changes to a person's record, including those that are still pending."""
