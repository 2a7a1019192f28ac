"""The subcommands that have a page of their own, and what all of them share."""
