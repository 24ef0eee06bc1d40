"""A virtualenv plugin that gives an environment the other system's layout, so that one path works everywhere."""
