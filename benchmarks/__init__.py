"""Measurements that anyone can repeat: ``python -m benchmarks NAME``. They need the ``train`` extra."""
