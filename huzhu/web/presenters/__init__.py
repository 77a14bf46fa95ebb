"""Records in the words and figures of pages that both audiences open."""
