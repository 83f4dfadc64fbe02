"""What developers run now and then; nothing of the service imports this."""
