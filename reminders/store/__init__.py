"""The database: one code path for SQLite and PostgreSQL. Holds no rule of the domain."""
