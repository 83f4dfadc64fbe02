"""The chain over the audit events: seals -> published heads -> checking. Run as the service itself, after the acts."""
