"""Rated photos: read, their faces cut out, copies dropped, and split into what is learned and what is tested."""
