"""Programs as people write them: what the print plan says, what they really print, what a model makes of them."""
