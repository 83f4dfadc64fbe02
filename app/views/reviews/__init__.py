"""Access reviews: the list of them, beginning one, and the page on which each person is answered for."""
