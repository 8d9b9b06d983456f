"""What travels between the stages: frozen records and the errors. No behaviour, no I/O."""
