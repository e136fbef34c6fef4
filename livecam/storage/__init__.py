"""Files that last: pictures, ratings and marks, written whole or not at all, and moved so that it can be undone."""
