"""The views: one file each, all of them functions from a mapping or a profile to a picture."""
