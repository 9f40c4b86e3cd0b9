"""The version of the library that this package goes with; the tests hold it against VERSION."""
__version__ = "0.1.0"
