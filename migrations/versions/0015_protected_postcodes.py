"""Add triggers that refuse to store a postcode for a protected person."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Delete postcodes that were stored despite protection. The ward is kept, as when protection begins.
REDACT = """
UPDATE presences SET
    postcode = NULL,
    lsoa_id = NULL,
    edition_id = NULL,
    settled = CASE
        WHEN ward_id IS NOT NULL THEN 'chosen'
        WHEN settled = 'outside' THEN 'outside'
        ELSE 'unsettled'
    END
WHERE postcode IS NOT NULL
    AND person_id IN (SELECT id FROM people WHERE protected_at IS NOT NULL)
"""

# FOR SHARE waits for a transaction that is protecting the person, and then reads the new value.
NO_POSTCODE = """
CREATE FUNCTION refuse_postcode_of_protected() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    since timestamptz;
BEGIN
    SELECT protected_at INTO since FROM people WHERE id = NEW.person_id FOR SHARE;
    IF since IS NOT NULL THEN
        RAISE EXCEPTION 'No postcode is kept of a protected person.';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER presences_protected
    BEFORE INSERT OR UPDATE OF postcode, person_id ON presences
    FOR EACH ROW WHEN (NEW.postcode IS NOT NULL)
    EXECUTE FUNCTION refuse_postcode_of_protected();
"""

# Checked at the end of the transaction, so that statements may be in any order.
NONE_LEFT = """
CREATE FUNCTION refuse_protection_with_postcode() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM presences
        JOIN people ON people.id = presences.person_id
        WHERE people.id = NEW.id AND people.protected_at IS NOT NULL
            AND presences.postcode IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'No postcode is kept of a protected person.';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER people_protected
    AFTER UPDATE OF protected_at ON people DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.protected_at IS NOT NULL)
    EXECUTE FUNCTION refuse_protection_with_postcode();
"""


def upgrade() -> None:
    """Delete the postcodes of protected people, then add the triggers."""
    op.execute(REDACT)
    op.execute(NO_POSTCODE)
    op.execute(NONE_LEFT)


def downgrade() -> None:
    """Drop the triggers. Postcodes that were deleted cannot be restored."""
    op.execute("DROP TRIGGER people_protected ON people")
    op.execute("DROP FUNCTION refuse_protection_with_postcode()")
    op.execute("DROP TRIGGER presences_protected ON presences")
    op.execute("DROP FUNCTION refuse_postcode_of_protected()")
