"""The live PostgreSQL schema: read by family of objects, and watched for changes."""
