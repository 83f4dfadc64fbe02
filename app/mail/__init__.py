"""Outgoing mail: message -> transport, and sending, which claims what waits."""
