"""What the window shows, without Qt: evented objects that are the only truth."""
