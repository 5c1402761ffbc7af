"""Everything that is kept: tables, the writer, the log, records and keys; every SQL statement is here."""
