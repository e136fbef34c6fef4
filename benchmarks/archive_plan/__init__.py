"""What saturates first when an archive is scored on many machines: a simulation fed with what was measured on one."""
