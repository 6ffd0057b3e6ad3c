"""Posts and what readers do with them: comments, likes, media."""
