"""What an editor shows about a document while it is written: hover, completion, outline, definitions, fixes.

Positions are 1-based lines and columns that count code points. Nothing is read from a disk here.
"""

from engine.editing.completion import Completion, complete
from engine.editing.definition import find_definition
from engine.editing.fixes import Fix, find_fix
from engine.editing.hover import Hover, hover
from engine.editing.names import Documents
from engine.editing.outline import Entry, outline

__all__ = [
    "Completion",
    "Documents",
    "Entry",
    "Fix",
    "Hover",
    "complete",
    "find_definition",
    "find_fix",
    "hover",
    "outline",
]
