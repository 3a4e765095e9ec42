"""A report as a job: its plain description, the process that runs it, and the files it leaves."""
