"""One module for each change of the shape; what was released is never edited."""
