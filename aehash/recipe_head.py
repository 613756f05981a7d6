"""The part of a recipe for a code layer on an encoder that stays as it is."""

from dataclasses import dataclass

from aehash.recipe_fields import at_least, positive


@dataclass(frozen=True)
class HeadRecipe:
    """How a head learns codes from the features of a frozen, usually pretrained, encoder.

    The encoder sees each training image once as it is and once in each of some views. These
    features are kept in a file while the head is trained on them, as ``agree`` says; no pixel is
    looked at again until the decoder learns to draw images from the finished codes.

    Attributes:
        frozen: Whether the model's encoder stays as it is; it has to be a named one.
        views: Of each training image whose features are kept, beside those of the image itself.
        gib: Most GiB the file of features may have; where that is too little, fewer views are kept.
        drawing: Epochs after ``train.epochs`` in which the decoder learns; with 0, what it draws is
            noise.
    """

    frozen: bool = False
    views: int = 8
    gib: float = 8.0
    drawing: int = 5

    def __post_init__(self) -> None:
        at_least("head.views", self.views, 0)
        positive("head.gib", self.gib)
        at_least("head.drawing", self.drawing, 0)

    def kept(self, images: int, width: int) -> int:
        """Say how many views are kept.

        Args:
            images: To train on.
            width: Of the encoder's features.

        Returns:
            ``views``, or as many as the file has room for; below 0 where it has none for the images
            as they are.
        """
        return min(self.views, int(self.gib * 2**30 / (2 * images * width)) - 1)
