"""Store the first and last day of each rule for counting, and allow several rows per target.

The rules are areas, their parts, area sets, inclusions of certificate kinds and kinds of
organisations. A site also stores the district of its postcode, taken from the postcode directory.

Existing rules apply from the first day of the programme, so figures for past days do not change.
The tables have a few hundred rows, so creating their new keys takes only a moment.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

FIRST_DAY = "COALESCE((SELECT (settings->>'from_on')::date FROM programmes LIMIT 1), '1900-01-01')"
TABLES = ("area_parts", "area_sets", "kind_inclusions")
KEYS = {"area_parts": "whole_id, part_id", "kind_inclusions": "kind_id, includes_id"}
KINDS = (
    "council",
    "parish",
    "charity",
    "voluntary",
    "business",
    "health",
    "education",
    "farming",
    "other",
)


def upgrade() -> None:
    """Add the columns and the tables of earlier versions, and fill them."""
    for table in TABLES:
        op.add_column(
            table, sa.Column("from_on", sa.Date(), nullable=False, server_default="1900-01-01")
        )
        op.add_column(table, sa.Column("until_on", sa.Date()))
        op.execute(f"UPDATE {table} SET from_on = {FIRST_DAY}")
        _alter_small_table(f"{table} ALTER COLUMN from_on DROP DEFAULT")
    op.create_table(
        "area_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("in_programme", sa.Boolean(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date()),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["areas.id"],
            name=op.f("fk_area_versions_area_id_areas"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_versions")),
        sa.UniqueConstraint("area_id", "from_on", name=op.f("uq_area_versions_area_id_from_on")),
    )
    op.execute(
        "INSERT INTO area_versions (area_id, name, in_programme, from_on)"
        f" SELECT id, name, in_programme, {FIRST_DAY} FROM areas WHERE kind <> 'parish'"
    )
    op.create_table(
        "former_kinds",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                *KINDS,
                name="organisationkind",
                native_enum=False,
                create_constraint=True,
                length=60,
            ),
            nullable=False,
        ),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_former_kinds_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_kinds")),
        sa.UniqueConstraint(
            "organisation_id", "until_on", name=op.f("uq_former_kinds_organisation_id_until_on")
        ),
    )
    op.add_column("sites", sa.Column("district", sa.String(length=9)))
    op.execute(
        "UPDATE sites SET district = postcodes.district FROM postcodes"
        " WHERE postcodes.postcode = replace(sites.postcode, ' ', '')"
    )
    for table, pair in KEYS.items():
        _alter_small_table(f"{table} DROP CONSTRAINT pk_{table}")
        _alter_small_table(f"{table} ADD CONSTRAINT pk_{table} PRIMARY KEY ({pair}, from_on)")
    for table in ("area_sets", "targets"):
        _alter_small_table(f"{table} DROP CONSTRAINT uq_{table}_slug")
        _alter_small_table(f"{table} ADD CONSTRAINT uq_{table}_slug_from_on UNIQUE (slug, from_on)")


def downgrade() -> None:
    """Keep only the newest version of each rule, and drop the columns and tables."""
    op.drop_table("area_versions")
    op.drop_table("former_kinds")
    op.drop_column("sites", "district")
    for table in ("area_sets", "targets"):
        op.execute(
            f"DELETE FROM {table} USING {table} AS newer"
            f" WHERE newer.slug = {table}.slug AND newer.from_on > {table}.from_on"
        )
        _alter_small_table(f"{table} DROP CONSTRAINT uq_{table}_slug_from_on")
        _alter_small_table(f"{table} ADD CONSTRAINT uq_{table}_slug UNIQUE (slug)")
    for table, pair in KEYS.items():
        op.execute(f"DELETE FROM {table} WHERE until_on IS NOT NULL")
        _alter_small_table(f"{table} DROP CONSTRAINT pk_{table}")
        _alter_small_table(f"{table} ADD CONSTRAINT pk_{table} PRIMARY KEY ({pair})")
    for table in TABLES:
        op.drop_column(table, "until_on")
        op.drop_column(table, "from_on")


def _alter_small_table(change: str) -> None:
    """Alter a table that is small enough to be locked while its keys are created."""
    op.execute(
        "-- squawk-ignore ban-drop-default, ban-drop-constraint, disallowed-unique-constraint,"
        " constraint-missing-not-valid, adding-serial-primary-key-field\n"
        f"ALTER TABLE {change}"
    )
