"""What several families share beside networks: an encoder's methods, and translation of images."""
