"""Code that the scripts of `applications` share."""
