"""Who is in the pictures of one group, and who of them counts."""
