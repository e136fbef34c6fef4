"""``livecam rate``: asks a person about the faces of their own pictures, the most telling first."""
