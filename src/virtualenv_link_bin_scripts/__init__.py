"""A virtualenv plugin that gives an environment the other system's scripts directory: one path works everywhere."""
