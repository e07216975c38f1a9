"""The schema of a database as PostgreSQL describes it, one line for each part."""

from __future__ import annotations

from sqlalchemy import Connection, text

_PARTS = {
    "column": """
        SELECT c.relname || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attnotnull THEN 'NOT NULL' END, NULLIF(a.attidentity, ''),
            pg_get_expr(d.adbin, d.adrelid))
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
            AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraint": """
        SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
        FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'p', 'u', 'x')""",
    # By columns, not by name, because no code uses the name of a foreign key.
    "foreign key": """
        SELECT conrelid::regclass || ': ' || pg_get_constraintdef(oid), pg_get_constraintdef(oid)
        FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND contype = 'f'""",
    "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": """
        SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal""",
    "function": """
        SELECT proname, prosrc FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS
            (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND pg_depend.deptype = 'e')""",
    "enum": """
        SELECT typname, string_agg(enumlabel, ', ' ORDER BY enumsortorder)
        FROM pg_type JOIN pg_enum ON enumtypid = pg_type.oid
        WHERE typnamespace = 'public'::regnamespace AND NOT EXISTS
            (SELECT FROM pg_depend WHERE objid = pg_type.oid AND pg_depend.deptype = 'e')
        GROUP BY typname""",
    "view": "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
}


def schema_of(connection: Connection) -> dict[str, str]:
    """Return “kind name” → definition of each part, without Alembic's own table."""
    return {
        f"{kind} {name}": " ".join((definition or "").split())
        for kind, query in _PARTS.items()
        for name, definition in connection.execute(text(query))
        if "alembic_version" not in name
    }


def differences(migrated: dict[str, str], modelled: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Return “kind name” → definitions by migrations and by models, or "" if there is none."""
    return {
        name: (migrated.get(name, ""), modelled.get(name, ""))
        for name in sorted(migrated.keys() | modelled.keys())
        if migrated.get(name) != modelled.get(name)
    }
