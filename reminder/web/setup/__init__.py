"""The first run in the browser, and the mail server, which is set up there and later in the settings."""
