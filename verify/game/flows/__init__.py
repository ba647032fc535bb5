"""The flow of a game: integrated, enclosed, trapped; cycles, basins, paths of the limits."""
