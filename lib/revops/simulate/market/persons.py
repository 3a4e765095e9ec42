"""Made-up people: names and addresses for leads and contacts, the same for a lead and the contact it becomes."""

import numpy as np
import pandas as pd

from revops.simulate.calendar import Array, stream
from revops.simulate.model import World

__all__ = ["persons"]

_FIRST = ("Ana", "Ben", "Carla", "David", "Elif", "Farid", "Greta", "Hiro", "Ida", "Jonas", "Kemi", "Lars", "Maya",
          "Noah", "Olga", "Pedro", "Quinn", "Rosa", "Søren", "Tala")  # fmt: skip
_LAST = ("Abara", "Brandt", "Castro", "Dubois", "Eriksen", "Fischer", "Gupta", "Huang", "Ivanov", "Jansen", "Kovač",
         "Larsen", "Moreau", "Nakamura", "O'Hara", "Pérez", "Quist", "Rossi", "Schmidt", "Tanaka")  # fmt: skip


def persons(world: World, rows: pd.DataFrame) -> dict[str, Array]:
    """Return first name, last name and e-mail address by row number; some have no address.

    `rows` needs `person_number` where the number is not the row's own.
    """
    number = (rows["person_number"] if "person_number" in rows else rows.index.to_series()).to_numpy()
    top = int(number.max(initial=0)) + 1
    drawn = stream(world.seed, "persons").integers(0, 400, max(top, 20_000))[number]
    mail = np.char.add(np.char.add("person", number.astype(str)), "@customer.example").astype(object)
    return {
        "FirstName": np.array(_FIRST, dtype=object)[drawn % 20],
        "LastName": np.array(_LAST, dtype=object)[drawn // 20],
        "Email": np.where(drawn == 7, "", mail),
    }
