"""Records in the words and figures of a page."""
