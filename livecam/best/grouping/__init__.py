"""Which photos belong together: bursts, series, shoots, and the versions of one photo."""
