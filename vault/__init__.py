"""The evidence vault: files by the hash of their content, sealed, in a folder or in an S3-compatible store."""
