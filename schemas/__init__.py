"""Task templates, one file each. To change one, copy it under a new name into the `schemas/` folder of your project."""
