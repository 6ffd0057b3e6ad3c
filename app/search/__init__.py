"""Full text over public posts: a batched index and its queries."""
