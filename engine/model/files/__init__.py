"""A whole file is read: a flow with its steps, or `_project.yaml`."""
