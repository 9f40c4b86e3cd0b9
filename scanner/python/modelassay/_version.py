"""The version of the library that this package is for; a test compares it with VERSION."""
__version__ = "0.1.0"
