"""Marketo's people among the leads: who is a lead of Salesforce already, and who is known to Marketo alone."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from revops.errors import examples
from revops.exports.context import Context
from revops.exports.reading.columns import TEXT, plain, put
from revops.exports.reading.frames import Frame
from revops.exports.uniting.merged import Merged
from revops.exports.uniting.rows import text_columns
from revops.wording import plural

__all__ = ["Linked", "is_marketo", "with_marketo"]

IDS = ("lead_id", "crm_lead_id", "crm_contact_id", "crm_id")
BLANKS = ("mql_at", "sql_at", "touched_at", "utm_source", "utm_medium", "utm_campaign")
LEAD, CONTACT = "00Q", "003"
SAME, TWICE = "same person as a lead of Salesforce", "same lead of Salesforce as another person"
STRANGE = "in Salesforce, and not among its leads"


@dataclass
class Linked:
    """For each person of Marketo the lead it is and, where known, the contact: Salesforce's where it has them."""

    leads: dict[str, str] = field(default_factory=dict)
    contacts: dict[str, str] = field(default_factory=dict)

    def people(self) -> pa.Table:
        """Return each person of Marketo (person_id) with its lead_id and contact_id."""
        ids = sorted({*self.leads, *self.contacts})
        columns = {"lead_id": map(self.leads.get, ids), "contact_id": map(self.contacts.get, ids)}
        texts = {name: pa.array(list(column), TEXT, from_pandas=True) for name, column in columns.items()}
        return pa.table({"person_id": pa.array(ids, TEXT), **texts})

    def merged(self, other: Merged) -> Merged:
        """Return how ids are led on: Marketo's to the lead that they are, and losers of merges to their winners."""
        moved = {one: two for one, two in self.leads.items() if one != two}
        return Merged(
            pa.concat_arrays([other.losers, pa.array(list(moved), TEXT)]),
            pa.concat_arrays([other.winners, pa.array(list(moved.values()), TEXT)]),
        )


def is_marketo(frame: Frame) -> bool:
    """Return whether a file comes from Marketo."""
    return frame.description.system.system == "marketo"


def with_marketo(
    frames: list[Frame],
    crm: pa.Table | None,
    merged: Merged,
    build: Callable[[list[Frame]], pa.Table],
    context: Context,
) -> tuple[pa.Table, Linked]:
    """Return the leads of Salesforce and the people whom only Marketo knows, each once, and who is who.

    Salesforce is the record of leads: a person that carries the id of one of them fills its blank dates of
    qualification and UTM values, and is left out. One that carries an id which the export does not have is left out
    too, with a warning. Without leads of Salesforce, Marketo's people are the leads.

    Parameters
        crm : the leads of Salesforce; None where there are none
        merged : which of these were merged into others
        build : makes a table of leads of files
    """
    people = build(frames)
    ids = _salesforce_ids(people, crm, merged)
    linked = Linked(contacts=ids.dropna(subset=["contact"]).set_index("lead_id")["contact"].to_dict())
    own = ids["crm"].where(ids["crm"].notna(), ids["lead_id"])
    linked.leads = dict(zip(ids["lead_id"], own, strict=True))
    if crm is None:
        return _told_apart(people, ids, context), Linked(
            dict(zip(ids["lead_id"], ids["first"], strict=True)), linked.contacts
        )
    known = ids["crm"].isin(set(crm["lead_id"].to_pylist()))
    strange = (ids["crm"].notna() | ids["contact"].notna()) & ~known
    _warn(people, ids, strange, context)
    crm = _filled(crm, people, ids["crm"].where(known), context)
    for mask, reason in ((known, SAME), (strange, STRANGE)):
        context.ledger.leave_out_rows(people.filter(pa.array(mask)), reason, "lead_id")
    rest = people.filter(pa.array(~known & ~strange))
    contacts = (
        dict(zip(crm["lead_id"].to_pylist(), crm["contact_id"].to_pylist(), strict=True))
        if "contact_id" in crm.column_names
        else {}
    )
    linked.contacts |= {person: contacts[lead] for person, lead in linked.leads.items() if contacts.get(lead)}
    return pa.concat_tables([plain(crm), plain(rest)], promote_options="default"), linked


def _salesforce_ids(people: pa.Table, crm: pa.Table | None, merged: Merged) -> pd.DataFrame:
    """Return each person's lead in Salesforce (`crm`), `contact`, and the `first` person with the same lead."""
    ids = text_columns(people, IDS)
    short = {name: ids[name].str.strip().str.slice(0, 15) for name in IDS[1:]}
    lead = short["crm_lead_id"].fillna(short["crm_id"].where(short["crm_id"].str.startswith(LEAD, na=False)))
    contact = short["crm_contact_id"].fillna(short["crm_id"].where(short["crm_id"].str.startswith(CONTACT, na=False)))
    lead = merged.led(pa.array(lead, TEXT, from_pandas=True)).to_pandas().astype("object")
    if crm is not None and "contact_id" in crm.column_names:
        pairs = crm.select(["contact_id", "lead_id"]).to_pandas().dropna().sort_values("lead_id")
        by_contact = pairs.drop_duplicates("contact_id").set_index("contact_id")["lead_id"]
        there = lead.isin(set(crm["lead_id"].to_pylist()))
        lead = lead.where(there, contact.map(by_contact).where(lambda found: found.notna(), lead))
    ids = ids[["lead_id"]].assign(crm=lead.where(lead.notna(), None), contact=contact.where(contact.notna(), None))
    order = ids.assign(created=people["created_at"].to_pandas()).sort_values(["created", "lead_id"])
    first = order.dropna(subset=["crm"]).drop_duplicates("crm").set_index("crm")["lead_id"]
    return ids.assign(first=ids["crm"].map(first).fillna(ids["lead_id"]))


def _told_apart(people: pa.Table, ids: pd.DataFrame, context: Context) -> pa.Table:
    """Return people without those who are the same lead of Salesforce as one created before."""
    again = pa.array(ids["first"].ne(ids["lead_id"]))
    context.ledger.leave_out_rows(people.filter(again), TWICE, "lead_id")
    return people.filter(pc.invert(again))


def _warn(people: pa.Table, ids: pd.DataFrame, strange: pd.Series, context: Context) -> None:
    if strange.any():
        shown = examples(sorted(ids.loc[strange, "lead_id"]))
        context.ledger.warnings.append(
            f"leads: {int(strange.sum()):,} of {people.num_rows:,} people of Marketo carry an id of "
            f"Salesforce that is not among its leads, and are left out ({shown}): deleted, merged or contacts there, "
            "or the export of leads is not whole"
        )


def _filled(crm: pa.Table, people: pa.Table, keys: pd.Series, context: Context) -> pa.Table:
    """Return Salesforce's leads with their blanks filled from the people that they are, the earliest stamp first."""
    for name in [name for name in BLANKS if name in people.column_names]:
        values = pd.DataFrame({"key": keys, "value": people[name].to_pandas(), "_file": people["_file"].to_pandas()})
        values = values.dropna(subset=["key", "value"]).sort_values(["key", "value", "_file"]).drop_duplicates("key")
        found = crm["lead_id"].to_pandas().map(values.set_index("key")["value"])
        own = crm[name].to_pandas() if name in crm.column_names else pd.Series([None] * crm.num_rows, dtype="object")
        blank = own.isna() & found.notna()
        if blank.any():
            kind = people[name].type if not pa.types.is_dictionary(people[name].type) else TEXT
            crm = put(crm, name, pa.array(own.where(~blank, found), kind, from_pandas=True))
            for index in sorted(set(values["_file"])):
                n = int((blank & crm["lead_id"].to_pandas().isin(values.loc[values["_file"].eq(index), "key"])).sum())
                told = f"{name}: {plural(n, 'blank')} of leads of Salesforce filled"
                context.ledger.sources[int(index)].decisions.append(told)
    return crm
