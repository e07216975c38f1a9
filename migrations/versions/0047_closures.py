"""Record the days on which organisations and networks do not count in figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, with the organisations and networks that have already ended."""
    op.create_table(
        "closures",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("network_id", sa.BigInteger(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(organisation_id, network_id) = 1", name=op.f("ck_closures_one_of_two")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_closures_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["networks.id"],
            name=op.f("fk_closures_network_id_networks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closures")),
    )
    op.create_index("ix_closures_organisation_id", "closures", ["organisation_id"])
    op.create_index("ix_closures_network_id", "closures", ["network_id"])
    for table, column in (("organisations", "organisation_id"), ("networks", "network_id")):
        op.execute(
            f"INSERT INTO closures ({column}, from_on)"
            f" SELECT id, until_on + 1 FROM {table} WHERE until_on IS NOT NULL"
        )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("closures")
