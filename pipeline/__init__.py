"""What happens to one scan: knows nothing of Prefect, of HTTP, or of which engine is behind a port."""
