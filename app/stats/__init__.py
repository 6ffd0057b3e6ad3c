"""Views, activity and what is trending."""
