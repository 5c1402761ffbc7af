"""Documents that nobody meant to write: made by chance, read, checked and, where they are valid, used."""
