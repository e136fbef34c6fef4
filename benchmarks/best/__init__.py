"""How many photos a second ``livecam best`` goes through, beside the loop that one would write instead."""
