"""Whether livecam can be left alone: a run of an hour with a camera and a disk that fail now and then."""
