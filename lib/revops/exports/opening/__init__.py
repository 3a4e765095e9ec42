"""Files as people bring them: bytes to sheets of text cells, whatever their encoding, packing and scars."""
