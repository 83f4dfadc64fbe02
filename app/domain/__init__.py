"""The rules as plain Python: no framework, no database, no HTTP."""
