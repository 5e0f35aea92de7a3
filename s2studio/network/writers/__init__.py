"""Writers of float networks in the formats of others."""
