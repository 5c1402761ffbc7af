"""Law as dated data: what is blocked, where a person decides, how long things are kept."""
