"""A person's own taste: the choices that they have made, and a head that is learned from them. numpy alone.

What is learned rates open-eyed faces anew; whether eyes are open is judged elsewhere (``livecam.scoring``) and comes
after it, so that no taste ever makes closed eyes win.
"""
