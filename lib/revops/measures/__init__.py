"""The numbers of each report: tables in, tables out; no file, clock, print, plot or YAML."""
