"""What a user does with s2studio, as use cases: no Qt, no printing; the command line and the window both call this."""
