"""Running the reports and putting out what they say: nothing but the command line imports this room."""
