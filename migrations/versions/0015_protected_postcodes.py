"""Protected people: the database itself refuses a postcode of theirs."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# What was kept although its owner had asked for no postcode: the ward stays, as when they ask.
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

# FOR SHARE waits for whoever protects the person at this moment, and reads what they wrote.
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

# Looked at when the transaction ends, so that its order is free.
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
    """Forwards."""
    op.execute(REDACT)
    op.execute(NO_POSTCODE)
    op.execute(NONE_LEFT)


def downgrade() -> None:
    """Backwards. What was redacted is gone."""
    op.execute("DROP TRIGGER people_protected ON people")
    op.execute("DROP FUNCTION refuse_protection_with_postcode()")
    op.execute("DROP TRIGGER presences_protected ON presences")
    op.execute("DROP FUNCTION refuse_postcode_of_protected()")
