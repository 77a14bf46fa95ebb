"""Lists of old policies as files: the template, bytes → rows and errors, and the confined child that reads."""
