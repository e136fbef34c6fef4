"""Where frames come from: cameras, clips, folders and streams, each read by a thread of its own."""
