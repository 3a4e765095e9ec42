"""Published figures beside our numbers: only what means the same, with grade, year and what to mind."""

from revops.analysis.peers.beside import COLUMNS, Peers, peers
from revops.analysis.peers.likes import FLAGS, NEAR, OFF, SAME, Doubt, Like
from revops.analysis.peers.place import PLACE_COLUMNS, placed
from revops.analysis.peers.reasons import About, Asked
from revops.analysis.peers.shown import shown

__all__ = [
    "COLUMNS",
    "FLAGS",
    "NEAR",
    "OFF",
    "PLACE_COLUMNS",
    "SAME",
    "About",
    "Asked",
    "Doubt",
    "Like",
    "Peers",
    "peers",
    "placed",
    "shown",
]
