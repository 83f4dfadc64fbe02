"""The data measured in: organisations, people and contacts through our own schema, kept until their recipe changes."""
