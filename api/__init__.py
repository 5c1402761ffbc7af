"""The shell of Evenhand: everything that touches the world; it decides nothing."""
