"""Attribution of predictions to sequence positions."""
