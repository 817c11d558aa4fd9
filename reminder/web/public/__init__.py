"""Pages that need no sign-in: the link in a mail, the calendar, help, health."""
