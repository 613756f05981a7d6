"""Siamese training of a net that describes: tuples mined, their losses, gradients and steps.

:func:`aehash.siamese.loop.fit` is the training. A *side* (training, or held out) says what may be
drawn; a *miner* looks at images with the net as it stands and makes *tuples* of a query, its match
and hard negatives; a *step* turns tuples into gradients and those into an update.
"""
