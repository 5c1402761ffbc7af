"""Plans of many hires who share mentors and seats."""
