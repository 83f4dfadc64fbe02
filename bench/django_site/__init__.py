"""Django's admin over our tables, as its manual leads one to write it."""
