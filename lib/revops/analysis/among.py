"""Which texts are among others, fast: ids of one table looked for in another."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["is_among"]


def is_among(texts: pd.Series, known: pd.Series | pd.Index) -> pd.Series:
    """Return whether each text is among others, as Series.isin, which takes a hundred times as long for many others.

    Parameters
        texts, known : texts or nulls, of any type where there are none; a null is found among nulls
    """
    if texts.empty or not len(known):
        return pd.Series(False, texts.index, dtype=bool)
    own, others = (pa.array(part.astype("str"), pa.large_string()) for part in (texts, known))
    return pd.Series(pc.is_in(own, pa.chunked_array([others]).combine_chunks()).to_pandas().to_numpy(), texts.index)
