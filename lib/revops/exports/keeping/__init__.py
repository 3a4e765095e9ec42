"""What the steps of a preparation made and told, kept so that the next one does only what has changed."""
