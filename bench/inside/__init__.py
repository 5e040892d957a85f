"""What runs inside the built artefacts, where nothing of the bench can be imported."""
