"""Store the folded names of people and organisations, which are used for comparison.

The two functions are the only definition of the folded name. `fold_name` is IMMUTABLE because it
names the dictionary of `unaccent`, whose rules change only if PostgreSQL is upgraded.
"""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

# Apostrophes and hyphens are removed first, because NFKD would decompose them. Other punctuation
# becomes a space.
FOLD_NAME = r"""
CREATE FUNCTION public.fold_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(translate(lower(public.unaccent('public.unaccent', regexp_replace(
        normalize(translate(name, U&'''`\00B4\02B9\02BB\02BC\2018\2019\201B\2032\FF07'
            '-\00AD\2010\2011\2012\2013\2014\2015\2212\FE63\FF0D', ''), NFKD),
        U&'[\0300-\036F]', '', 'g'))),
        '!"#$%&()*+,./:;<=>?@[\]^_{|}~', repeat(' ', 29)), '\s+', ' ', 'g'))
$$
"""
# The keys of a name are its words, each word with one letter left out, and each pair of adjacent
# words joined together. Two names share a key if a word differs by one typing mistake, or if two
# words are joined. Keys that begin with "=" are for the whole name.
NAME_KEYS = """
CREATE FUNCTION public.name_keys(folded text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    words text[] := string_to_array(folded, ' ');
    keys text[] := ARRAY['=' || replace(folded, ' ', '')];
    word text;
    shorter text;
BEGIN
    FOR i IN 1..cardinality(words) LOOP
        word := words[i];
        keys := array_append(keys, word);
        IF i < cardinality(words) THEN
            keys := array_append(keys, word || words[i + 1]);
        END IF;
        IF length(word) > 2 THEN
            FOR letter IN 1..length(word) LOOP
                shorter := left(word, letter - 1) || substr(word, letter + 1);
                keys := array_append(keys, shorter);
                IF cardinality(words) = 1 THEN
                    keys := array_append(keys, '=' || shorter);
                END IF;
            END LOOP;
        END IF;
    END LOOP;
    RETURN keys;
END
$$
"""
FUNCTIONS = (FOLD_NAME, NAME_KEYS)
COLUMNS = {"people": "full_name", "organisations": "name"}
NEW_INDEXES = (
    "ix_people_folded_name ON people (folded_name, id)",
    "ix_people_folded_name_trigram ON people USING gin (folded_name gin_trgm_ops)",
    "ix_people_name_keys ON people USING gin (name_keys)",
    "ix_organisations_folded_name ON organisations (folded_name, id)",
    "ix_organisations_folded_name_trigram ON organisations USING gin (folded_name gin_trgm_ops)",
    "ix_organisations_name_keys ON organisations USING gin (name_keys)",
)
OLD_INDEXES = (
    "ix_people_name ON people (full_name, id)",
    "ix_people_name_trigram ON people USING gin (full_name gin_trgm_ops)",
)


def _create_indexes(indexes: tuple[str, ...]) -> None:
    for index in indexes:
        op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index}")


def _drop_indexes(indexes: tuple[str, ...]) -> None:
    for index in indexes:
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index.split()[0]}")


def upgrade() -> None:
    """Create the functions, the columns and the indexes. Existing rows are filled in."""
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent SCHEMA public")
    for function in FUNCTIONS:
        op.execute(function)
    for table, name in COLUMNS.items():
        folded = f"public.fold_name({name}::text)"
        # The table is rewritten, which takes about 20 seconds for 100,000 people.
        op.execute(
            "-- squawk-ignore adding-field-with-default\n"
            f'ALTER TABLE {table} ADD COLUMN folded_name text COLLATE "C"'
            f" GENERATED ALWAYS AS ({folded}) STORED NOT NULL,"
            f" ADD COLUMN name_keys text[]"
            f" GENERATED ALWAYS AS (public.name_keys({folded})) STORED NOT NULL"
        )
    with op.get_context().autocommit_block():
        _create_indexes(NEW_INDEXES)
        _drop_indexes(OLD_INDEXES)


def downgrade() -> None:
    """Restore the old indexes, and drop the columns and the functions."""
    with op.get_context().autocommit_block():
        _create_indexes(OLD_INDEXES)
        _drop_indexes(NEW_INDEXES)
    for table in COLUMNS:
        op.drop_column(table, "name_keys")
        op.drop_column(table, "folded_name")
    op.execute("DROP FUNCTION public.name_keys(text)")
    op.execute("DROP FUNCTION public.fold_name(text)")
