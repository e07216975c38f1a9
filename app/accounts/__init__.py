"""Users, invitations, roles and who agrees to them, and the audit log."""
