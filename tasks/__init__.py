"""What happens off the request: one module for each queue, and the switchboard."""
