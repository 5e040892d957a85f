"""What runs beside the service on a laptop."""
