"""Who is asking, and what they can reach."""
