"""The batches and files endpoints of the emulator."""
