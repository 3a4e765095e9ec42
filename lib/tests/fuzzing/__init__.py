"""Random damage to example files, and the question whether what the gate then says or does is honest."""
