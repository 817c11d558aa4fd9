"""The pages: server-rendered, without scripts; one file per page or action."""
