"""Pictures among a case's files: what counts as one, and how large it may be."""

from domain.errors import Refusal

# Ours: a photo of a parcel needs no more, and who looks at twenty of them waits for each.
MOST_BYTES = 20 * 1024 * 1024


class NotAPhoto(Refusal):
    """A file that is no picture, by its content."""

    code = "NotAPhoto"


class PhotoTooLarge(Refusal):
    """A picture with more bytes than are taken where it goes."""

    code = "PhotoTooLarge"


def check_photo(media_type: str, size: int, most: int = MOST_BYTES, kinds: frozenset[str] | None = None) -> None:
    """`kinds` are the media types that are taken where it goes; any picture by default. Raises NotAPhoto or
    PhotoTooLarge."""
    if not media_type.startswith("image/") or (kinds is not None and media_type not in kinds):
        wanted = "a photo" if kinds is None else " or ".join(sorted(kind.removeprefix("image/") for kind in kinds))
        raise NotAPhoto(f"The file is {media_type} by its content; put {wanted} into the case.", content=media_type)
    if size > most:
        raise PhotoTooLarge(f"The photo has {size} bytes and {most} are the most here; make it smaller.", most=most)
