"""The delivery audit: every post and every send against what it owed."""
