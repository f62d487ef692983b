"""Where the backends are and how to speak to them: flags > environment > TOML > defaults."""
