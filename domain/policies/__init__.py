"""What may differ between shops, as validated documents; the shipped ones lie in defaults/."""
