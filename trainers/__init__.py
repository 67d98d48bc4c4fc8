"""How any game is played: the engine, and the data, metrics and exports around it."""
