"""Many photos on one machine or several: scored by Ray Data into Parquet, which is then asked instead of the photos."""
