"""The subcommands, one module for each group. None imports anything heavy before it runs."""
