"""The steps over a stream, each in a thread of its own: read, analyse, decide, save."""
