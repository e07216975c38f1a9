"""Change the keys of certificates that were revoked because a link was undone."""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

REASON = "The attendee turned out to be somebody else."


def upgrade() -> None:
    """Mark the keys of revoked certificates. Certificates issued again get the original keys."""
    op.execute(
        rf"""
        UPDATE certificates
        SET key = regexp_replace(key, '^(attendee:\d+:\d+:\d+)', '\1\:unlinked')
        WHERE key ~ '^attendee:\d+:\d+:\d+' AND revoked_reason = '{REASON}'
        """
    )
    op.execute(
        rf"""
        UPDATE certificates
        SET key = regexp_replace(
            certificates.key, '^(attendee:\d+:\d+)', '\1:' || first.id || '\:unlinked'
        )
        FROM (
            SELECT attendee_id, min(id) AS id FROM attendee_links
            WHERE undone_at IS NOT NULL GROUP BY attendee_id
        ) AS first
        WHERE certificates.key ~ '^attendee:\d+:\d+(/|$)'
        AND certificates.revoked_reason = '{REASON}'
        AND first.attendee_id = CAST(split_part(certificates.key, ':', 2) AS bigint)
        """
    )
    op.execute(
        r"""
        UPDATE certificates
        SET key = regexp_replace(key, '^(attendee:\d+:\d+):\d+', '\1')
        WHERE key ~ '^attendee:\d+:\d+:\d+(/|$)'
        AND NOT EXISTS (
            SELECT FROM certificates AS other
            WHERE other.key = regexp_replace(certificates.key, '^(attendee:\d+:\d+):\d+', '\1')
        )
        """
    )


def downgrade() -> None:
    """Do nothing, because the keys are unique in either form."""
