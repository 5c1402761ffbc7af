"""Catalogs and frameworks in and out: tables, Moodle, CASE, ESCO and O*NET."""
