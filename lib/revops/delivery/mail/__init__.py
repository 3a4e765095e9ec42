"""The Monday mail: the review as a message, sent once to each list."""
