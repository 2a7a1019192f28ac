"""The design page: served beside the flows, to this machine alone."""
