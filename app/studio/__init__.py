"""The writer's and the operator's pages."""
