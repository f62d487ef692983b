"""What would go wrong: one pure function per rule."""
