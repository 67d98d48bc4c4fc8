"""The image files of --images, and a name for the result of each, in which no two agree.

TensorFlow is not imported before it is needed, so that wrong flags are answered at once.
"""

import collections
import dataclasses
import os
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class NamedImage:
    """One image file of --images.

    Attributes:
        path: of the file.
        name: the path within the folder, or the name of the file; where two images have the same,
            with as many parent folders as tell them apart.
        result: `name` without the suffix, for results; with it where another image differs from
            this one by its suffix only.
    """

    path: Path
    name: Path
    result: Path

    @property
    def printable_name(self):
        """`name` as text that every encoding can hold: see `image_listing.printable`."""
        from trainers.datasets import image_listing

        return image_listing.printable(self.name)

    def target(self, folder, suffix):
        """Returns the path of a result in a folder.

        Example:
            >>> NamedImage(Path("a.jpg"), Path("a.jpg"), Path("a")).target(Path("large"), "png")
            PosixPath('large/a.png')
        """
        return folder / self.result.with_name(f"{self.result.name}.{suffix}")


def list_images(text):
    """Lists the image files of --images, in the order in which they are given.

    Args:
        text: a file, a folder, or several of them joined by commas.

    Returns:
        A list of `NamedImage`s, whose names differ, and whose results do.

    Raises:
        ValueError: for a file or folder that does not exist, and a file that is given twice.

    Example:
        >>> for name in ("a.png", "a.jpg"):
        ...     Path(name).touch()
        >>> [(str(image.name), str(image.result)) for image in list_images("a.png,a.jpg")]
        [('a.png', 'a.png'), ('a.jpg', 'a.jpg')]
        >>> [(str(image.name), str(image.result)) for image in list_images("a.png")]
        [('a.png', 'a')]
    """
    paths, names = [], []
    for path, name in _files(text):
        paths.append(Path(os.path.abspath(path)))
        names.append(name)
    twice = _repeated(paths)
    if twice:
        path = next(path for path in paths if path in twice)
        raise ValueError(f"should name each image once. Received: {path} twice.")
    while repeated := _repeated(names):
        names = [
            Path(*path.parts[1:][-len(name.parts) - 1 :]) if name in repeated else name
            for path, name in zip(paths, names, strict=True)
        ]
    results = [name.with_name(name.stem) for name in names]
    while repeated := _repeated(results):
        results = [
            name if result in repeated else result
            for name, result in zip(names, results, strict=True)
        ]
    return [NamedImage(*image) for image in zip(paths, names, results, strict=True)]


def _repeated(names):
    return {name for name, count in collections.Counter(names).items() if count > 1}


def _files(text):
    """Yields (path, name) of each image file: the path within the folder, or the file's name."""
    from trainers import files
    from trainers.datasets import image_listing

    for part in [text] if text and files.expanded(text).exists() else text.split(","):
        place = files.expanded(part)
        if part and place.is_dir():
            for name, _ in image_listing.list_images(place, "images"):
                yield place / name, Path(name)
        elif part and place.is_file():
            yield place, Path(place.name)
        else:
            there = part and place.exists()
            why = "no regular file" if there else "not there"
            raise ValueError(f"should name files or folders. Received: {part!r}, which is {why}.")
