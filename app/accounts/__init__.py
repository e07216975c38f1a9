"""Users, invitations, roles, requests for roles, and the audit log."""
