"""The home page: panels, chosen by what the person may do; one module for each audience."""
