"""The spine of unpaired: the command line above the stages, the contracts beneath them."""
