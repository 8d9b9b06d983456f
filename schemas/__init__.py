"""Task templates, one file each. Copy one into the `schemas/` folder of your own project to change it."""
