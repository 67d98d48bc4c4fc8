"""What the scripts of `applications` share."""
