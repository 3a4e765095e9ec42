"""The table of campaign influence: the shares of one model, never added up over models."""

import json

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.audit import Ledger
from revops.exports.context import Context
from revops.exports.money import add_amounts, converted_by, refuse_unconverted
from revops.exports.reading.columns import TEXT, put, whole
from revops.exports.reading.frames import Frame
from revops.exports.uniting.merged import Merged
from revops.exports.uniting.records import joined
from revops.exports.uniting.rows import leave, nothing, text_columns
from revops.wording import money, plural

__all__ = ["build_influence"]

KEY = ["opportunity_id", "campaign_id", "contact_id"]
TEXTS = (*KEY, "model_id", "model_name", "currency")
NUMBERS = ("influence_share", "amount", "amount_original")
UNSAID = "(no model said)"
# A share rounded to two digits of a percent may make the sum a little more than all.
WHOLE = 1.0005


def build_influence(frames: list[Frame], deals: pa.Table, contacts: Merged, context: Context) -> pa.Table:
    """Return one row per opportunity, campaign and contact under one model, with `_file`.

    The model is the one that company.yml names by id or name, or the only one there is. Several models without one
    named are refused: each spreads the whole of every opportunity, so that their sum means nothing.
    Shares of one named model that add up to more than 100 % are kept, with a warning that says how much money they are
    above the amounts: the system says so itself. Of rows that name no model they are refused: they may be of several.
    """
    ledger = context.ledger
    rows = pd.concat([_rows(frame, deals, contacts, context) for frame in frames], ignore_index=True)
    for column in ("opportunity_id", "campaign_id", "influence_share"):
        rows = leave(rows, rows[column].isna(), f"no {column}", ledger, "opportunity_id")
    rows = leave(rows, rows["_deleted"], "deleted in the system (IsDeleted)", ledger, "opportunity_id")
    rows = _of_one_model(rows, context)
    known = rows["opportunity_id"].isin(set(deals["opportunity_id"].to_pylist()))
    rows = _once(leave(rows, ~known, "opportunity not in the export", ledger, "opportunity_id"), ledger)
    if not len(rows):
        return nothing("campaign_influence")
    columns = {name: pa.array(rows[name], TEXT, from_pandas=True) for name in (*KEY, "model", "currency")}
    numbers = {name: pa.array(rows[name], pa.float64(), from_pandas=True) for name in NUMBERS}
    table = pa.table({**columns, **numbers, "_file": pa.array(rows["_file"], pa.int32())})
    refuse_unconverted(table, context.company, "campaign_influence, revenue share", ledger)
    _warn_of_too_much(rows, deals, context)
    return put(table, "influenced_amount", table["amount"]).drop_columns(["amount"])


def _rows(frame: Frame, deals: pa.Table, contacts: Merged, context: Context) -> pd.DataFrame:
    """Return a file's rows; amounts without a currency of their own are in that of their opportunity."""
    if "currency" not in frame.table.column_names and "currency" in deals.column_names:
        own = whole(joined(frame.table["opportunity_id"], deals, "opportunity_id", "currency")).cast(TEXT)
        frame.table = put(frame.table, "currency", own.fill_null(context.company.currency))
    add_amounts(frame, context.company, context.ledger)
    table = frame.table
    if "amount" in table.column_names and "ratio" in deals.column_names:
        ratio = whole(joined(table["opportunity_id"], deals, "opportunity_id", "ratio"))
        by_ratio = converted_by(whole(table["amount_original"]), ratio)
        table = put(table, "amount", pc.coalesce(whole(table["amount"]), by_ratio))
    if "contact_id" in table.column_names:
        table = put(table, "contact_id", contacts.led(table["contact_id"]))
    rows = text_columns(table, TEXTS)
    for name in NUMBERS:
        rows[name] = table[name].to_pandas() if name in table.column_names else float("nan")
    stamp = table["modified_at"].to_pandas() if "modified_at" in table.column_names else pd.NaT
    deleted = table["is_deleted"].to_pandas().eq(True) if "is_deleted" in table.column_names else False
    rows = rows.assign(_at=stamp, _deleted=deleted, _file=table["_file"].to_pandas())
    return rows.assign(_api=frame.description.kind.route == "api", _at=pd.to_datetime(rows["_at"]))


def _of_one_model(rows: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Return the rows of the model that counts, the model's id or else its name in `model`."""
    ids, names = rows["model_id"], rows["model_name"].str.strip().replace("", None)
    both = rows[ids.notna() & names.notna()].sort_values(["model_id", "model_name"])
    ids = ids.fillna(names.map(dict(zip(both["model_name"].str.strip(), both["model_id"], strict=True))))
    names = names.fillna(ids.map(dict(zip(both["model_id"], both["model_name"].str.strip(), strict=True))))
    rows = rows.assign(model=ids.fillna(names).fillna(UNSAID), model_name=names)
    wanted, there = context.company.exports.influence_model, sorted(rows["model"].unique())
    if wanted is None and len(there) <= 1:
        _say_model(rows, "is the only model; taken", context.ledger)
        _refuse_mixture(rows, context.ledger)
        return rows
    word = (wanted or "").strip()
    is_it = rows["model"].isin((word, word[:15] if len(word) == 18 else word)) | rows["model_name"].str.casefold().eq(
        word.casefold()
    )
    chosen = sorted(rows.loc[is_it, "model"].unique())
    if wanted is None or (len(chosen) != 1 and len(rows)):
        context.ledger.problems.append(_refusal(rows, there, wanted, context))
        return rows
    _say_model(rows[is_it], "counts, as company.yml says", context.ledger)
    return leave(rows, ~is_it, "of another influence model", context.ledger, "opportunity_id")


def _refuse_mixture(rows: pd.DataFrame, ledger: Ledger) -> None:
    """Refuse rows that say no model and give away more than the whole: several models stand together there."""
    unsaid = rows[rows["model"].eq(UNSAID)].drop_duplicates([*KEY, "influence_share"])
    totals = unsaid.groupby("opportunity_id")["influence_share"].sum()
    over = totals[totals > WHOLE]
    if len(over):
        ledger.problems.append(
            f"{_names(rows, ledger)}: rows must say their model of influence; found none said, and shares that add up "
            f"to more than 100 % for {len(over):,} of {plural(len(totals), 'opportunity')} "
            f"({examples(sorted(over.index))}), as where several models stand together. Add the column of the model to "
            "the export."
        )


def _names(rows: pd.DataFrame, ledger: Ledger) -> str:
    return ", ".join(sorted({ledger.sources[i].name for i in rows["_file"].unique().tolist()})[:3])


def _say_model(rows: pd.DataFrame, what: str, ledger: Ledger) -> None:
    shown = _shown(rows["model"].iloc[0], rows) if len(rows) else ""
    for index in sorted(rows["_file"].unique().tolist()):
        ledger.sources[index].decisions.append(f"influence: {shown} {what}")


def _refusal(rows: pd.DataFrame, there: list[str], wanted: str | None, context: Context) -> str:
    files = _names(rows, context.ledger)
    listed = []
    for model in there:
        part = rows[rows["model"].eq(model)]
        amount = money(part["amount"].sum(min_count=1), context.company.currency, exact=True)
        listed.append(f"{_shown(model, rows)} with {plural(len(part), 'row')} and {amount}")
    problem = (
        f"{files}: the influence of one model can be read at a time; found {plural(len(there), 'model')}: "
        f"{'; '.join(listed)}."
    )
    if wanted is not None:
        problem = (
            f"company.yml, exports.influence_model: must be one of the models in {files}; found {wanted}. There "
            f"{'is' if len(there) == 1 else 'are'}: {'; '.join(listed)}."
        )
    lines = "".join(f"\n    influence_model: {_quoted(model)}" for model in there if model != UNSAID)
    one = " (one of these lines)" if lines.count("\n") > 1 else ""
    extra = " Add the column of the model to the export where it is missing." if UNSAID in there else ""
    return f"{problem}{extra}" + (f" Say in company.yml which one counts{one}:\n  exports:{lines}" if lines else "")


def _shown(model: str, rows: pd.DataFrame) -> str:
    name = rows.loc[rows["model"].eq(model), "model_name"].dropna()
    return f"{model} ({name.min()})" if len(name) and name.min() != model else model


def _quoted(word: str) -> str:
    return word if word.isalnum() and not word.isdigit() else json.dumps(word, ensure_ascii=False)


def _once(rows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Return one row per key: of copies the one of an API file, then the one changed last, then the largest share."""
    texts = rows.assign(contact_id=rows["contact_id"].fillna(""))
    order = texts.sort_values([*KEY, "_api", "_at", "influence_share", "_file"],
                              ascending=[True, True, True, False, False, False, True], kind="stable")  # fmt: skip
    rows = rows.loc[order.index]
    again, first = order.duplicated(KEY), order.groupby(KEY)
    own = order["_file"].eq(first["_file"].transform("first"))
    same = order["influence_share"].eq(first["influence_share"].transform("first"))
    for reason, mask in {"same record in another file": ~own, "exact duplicate row": own & same,
                         "duplicate id": own & ~same}.items():  # fmt: skip
        rows = leave(rows, (again & mask).loc[rows.index], reason, ledger, "opportunity_id")
    return rows


def _warn_of_too_much(rows: pd.DataFrame, deals: pa.Table, context: Context) -> None:
    """Say where the shares of an opportunity are more than the whole, and how much money that is too much."""
    totals = rows.groupby("opportunity_id")["influence_share"].sum()
    over = totals[totals > WHOLE]
    if not len(over):
        return
    amounts = pd.Series(deals["amount"].to_pandas().to_numpy() if "amount" in deals.column_names else None,
                        deals["opportunity_id"].to_pandas())  # fmt: skip
    too_much = ((over - 1) * amounts.reindex(over.index)).sum(min_count=1)
    context.ledger.warnings.append(
        f"campaign_influence: the shares of {len(over):,} of {plural(len(totals), 'opportunity')} add up to more than "
        f"100 %, {money(too_much, context.company.currency, exact=True)} more than their amounts; kept "
        f"({examples(sorted(over.index))})"
    )
