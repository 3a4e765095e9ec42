"""What of the last run still stands, told by what each report was made from and what its files hold."""
