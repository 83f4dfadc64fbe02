"""Files of people: what is to become of their accounts, services and roles, a row for each act."""
