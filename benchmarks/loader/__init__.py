"""How fast faces come to a training: from a folder of crops, and from an archive's Parquet."""
