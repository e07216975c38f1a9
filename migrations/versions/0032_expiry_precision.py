"""Store the precision of expiry dates, and the certificate whose anniversary was kept.

An expiry date that was calculated from the month or year of training is only as precise as that.
A date printed on the certificate is known to the day.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

KNOWN = """
ALTER TABLE certificates ADD COLUMN expiry_known VARCHAR(60) DEFAULT 'day' NOT NULL
    CONSTRAINT ck_certificates_expiryknown
    CHECK (expiry_known IN ('day', 'month', 'year', 'unknown'))
"""
# The new column is empty, so no rows need to be checked.
COUNTED_FROM = """
ALTER TABLE adjustments ADD CONSTRAINT fk_adjustments_counted_from_id_certificates
    FOREIGN KEY (counted_from_id) REFERENCES certificates (id) NOT VALID
"""
COUNTED = """
UPDATE certificates SET expiry_known = award_known
WHERE expiry_basis IN ('rule', 'policy') AND award_known <> 'day' AND expires_on IS NOT NULL
"""
END_OF_MONTH = """
UPDATE certificates SET expiry_known = 'day'
WHERE expiry_known = 'month' AND (
    SELECT anchor FROM kind_rules
    WHERE kind_rules.kind_id = certificates.kind_id
    ORDER BY kind_rules.from_on <= certificates.awarded_on DESC,
        CASE WHEN kind_rules.from_on <= certificates.awarded_on THEN kind_rules.from_on END DESC,
        kind_rules.from_on
    LIMIT 1
) = 'end_of_month'
"""


def upgrade() -> None:
    """Add the columns, and set the precision of the expiry dates that were calculated."""
    op.execute(KNOWN)
    op.execute(COUNTED)
    op.execute(END_OF_MONTH)
    op.add_column("adjustments", sa.Column("counted_from_id", sa.BigInteger(), nullable=True))
    op.execute(COUNTED_FROM)
    op.add_column("training_claims", sa.Column("printed_expiry", sa.Date(), nullable=True))


def downgrade() -> None:
    """Drop the columns."""
    op.drop_column("training_claims", "printed_expiry")
    op.drop_constraint(
        op.f("fk_adjustments_counted_from_id_certificates"), "adjustments", type_="foreignkey"
    )
    op.drop_column("adjustments", "counted_from_id")
    op.drop_constraint(op.f("ck_certificates_expiryknown"), "certificates", type_="check")
    op.drop_column("certificates", "expiry_known")
