"""The frozen records that pass between the stages, the options and the errors. No behaviour, no I/O."""
