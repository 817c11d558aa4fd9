"""Mail: wording (templates), messages (bytes), links (tokens), and the ways out (SMTP, folder, memory)."""
