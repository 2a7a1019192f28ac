"""What was written: YAML text as nodes with positions. The only door of `yaml`."""

from engine.document.folder import Folder, read_folder
from engine.document.nodes import Mapping, Node, Scalar, Sequence
from engine.document.parse import parse

__all__ = ["Folder", "Mapping", "Node", "Scalar", "Sequence", "parse", "read_folder"]
