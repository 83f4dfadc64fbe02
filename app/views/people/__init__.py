"""An organisation's people: the list, one person, and what is done to one or to many."""
