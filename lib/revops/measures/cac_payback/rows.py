"""The report's numbers as rows of the Answer."""

from collections.abc import Iterator

from revops.analysis.recurring import MOVES
from revops.measures.cac_payback.result import CacResult
from revops.metrics.row import Row, row
from revops.wording import missing

__all__ = ["OF_PRICES", "measure_rows"]

_OF_EXPANSION = "expansion wins no customers"
_NO_PAYBACK = "nothing is credited, or margin or cost is not known"
_AGES = (6, 12, 18, 24, 36, 48, 60)
OF_PRICES = ("expansion", "contraction")
"""What moved recurring revenue that is not known where only present prices are."""


def measure_rows(result: CacResult) -> list[Row]:
    """Return every promised number as a row: id, by, value, low, high, level, n, note; undefined is NaN with a note."""
    rows = [*_ladder_rows(result), *_margin_rows(result), *_group_rows(result), *_channel_rows(result)]
    rows += [*_realised_rows(result), *_worth_rows(result), *_kept_rows(result), *_spent_rows(result)]
    return rows


def _ladder_rows(result: CacResult) -> Iterator[Row]:
    """Yield cost, customers, CAC and payback by definition."""
    level = result.knobs.level
    for line in result.ladder.rungs.itertuples():
        by, n = {"basis": line.basis}, line.n_customers
        yield row("acquisition_spend_amount", by, line.spend_amount, n=n, note=line.note)
        yield row("new_customers", by, line.n_customers)
        yield row("new_recurring_amount", by, line.new_amount, n=n, note=line.note)
        if line.basis.startswith(("new_logo", "lagged")):
            yield row("cac_amount", by, line.cac_amount, n=n, note=line.note)
        yield row("payback_months", by, line.payback_months, (line.low, line.high, level), n, line.note)


def _margin_rows(result: CacResult) -> Iterator[Row]:
    """Yield gross margin and lag."""
    yield row("gross_margin_share", {}, result.books.window_margin, n=len(result.window.months),
              note=result.books.why.get("margin"))  # fmt: skip
    yield row("acquisition_lag_months", {}, result.lag.median_months, n=result.lag.n, note=result.lag.why)


def _group_rows(result: CacResult) -> Iterator[Row]:
    """Yield cost, customers, CAC and payback by type, segment and region; of few customers drawn to the whole."""
    level = result.knobs.level
    for line in result.groups.table.itertuples():
        by, n = {line.dimension: line.group}, line.n_customers
        note = "no cost is known" if missing(line.spend_amount) else "no work on its deals is on record"
        yield row("acquisition_spend_amount", by, line.spend_amount, n=n, note=note)
        yield row("new_customers", by, n)
        note = note if n else "no new customers"
        yield row("cac_amount", by, line.cac_amount, n=n, note=_OF_EXPANSION if line.group == "expansion" else note)
        ends = (line.shrunk_low, line.shrunk_high, level) if line.is_few else (line.low, line.high, level)
        told = line.shrunk_months if line.is_few else line.payback_months
        note = result.books.why.get("margin", "gross margin is not above 0") if line.cac_amount > 0 else note
        yield row("payback_months", by, told, ends, n, note)


def _channel_rows(result: CacResult) -> Iterator[Row]:
    """Yield cost by channel, adding up to the ladder's; credited customers, CAC and payback by channel and model; and
    CAC of three kinds."""
    found, level = result.channels, result.knobs.level
    for line in found.reconciliation.itertuples():
        yield row("acquisition_spend_amount", {"channel": line.channel}, line.new_spend_amount, note="no cost is known")
    for line in found.by_model.itertuples():
        by = {"channel": line.channel, "model": line.model}
        yield row("new_customers", by, line.credited_deals)
        note = found.why.get("overhead_amount", _NO_PAYBACK) if line.credited_deals else "nothing is credited"
        yield row("cac_amount", by, line.cac_amount, note=note)
        note = found.why.get("payback_months", note) if line.credited_deals else note
        yield row("payback_months", by, line.payback_months, (line.low, line.high, level), note=note)
    for line in found.kinds.itertuples():
        note = "no cost is known" if missing(line.note) else line.note
        yield row("cac_amount", {"kind": line.kind}, line.cac_amount, (line.low, line.high, level), line.n_customers,
                  note)  # fmt: skip


def _realised_rows(result: CacResult) -> Iterator[Row]:
    """Yield who has paid back and who left first, by age, cohort and version."""
    curves, level = result.realised.curves, result.knobs.level
    for line in curves[curves["age_months"].isin(_AGES)].itertuples():
        by = {"age_months": line.age_months, "version": line.version}
        by |= {} if line.cohort == "all" else {"cohort": line.cohort}
        note = "nobody is so old"
        yield row("paid_back_share", by, line.paid_back_share, (line.paid_back_low, line.paid_back_high, level),
                  line.n_at_risk, note)  # fmt: skip
        yield row("lost_before_payback_share", by, line.lost_share, (line.lost_low, line.lost_high, level),
                  line.n_at_risk, note)  # fmt: skip
    if curves.empty:
        for id in ("paid_back_share", "lost_before_payback_share"):
            yield row(id, {}, note=result.realised.why.get("recognised", "no new customer whose cost is known"))


def _worth_rows(result: CacResult) -> Iterator[Row]:
    """Yield lifetime value and its ratio to CAC, without and with expansion."""
    found, level = result.lifetime, result.knobs.level
    for line in found.table.itertuples():
        by = {"horizon_months": found.horizon_months, "basis": line.basis}
        n = line.n_customers
        yield row("ltv_amount", by, line.ltv_amount, (line.low, line.high, level), n, found.why)
        yield row("ltv_amount", {**by, "part": "tail"}, line.tail_amount, note=found.why)
        ends = (line.ratio_low, line.ratio_high, level)
        yield row("ltv_to_cac", by, line.ltv_to_cac, ends, n, found.why or "no CAC can be had")


def _kept_rows(result: CacResult) -> Iterator[Row]:
    """Yield retention, and what moved recurring revenue."""
    found, level = result.retention, result.knobs.level
    for line in found.table.itertuples():
        by = {} if line.scope == "all" else {"without": f"{result.knobs.top} largest"}
        why = found.why.get(line.measure, "nobody else paid a year before")
        yield row(line.measure, by, line.value, (line.low, line.high, level), line.n, why)
    why = found.why.get("bridge")
    for line in found.bridge.itertuples():
        for kind in MOVES:
            told = float("nan") if why and kind in OF_PRICES else getattr(line, kind)
            yield row("recurring_movement_amount", {"quarter": line.period, "kind": kind}, told, note=why)


def _spent_rows(result: CacResult) -> Iterator[Row]:
    """Yield magic number, burn multiple, and expansion that customer success sourced."""
    found = result.efficiency
    for line in found.magic.itertuples():
        by = {"quarter": line.quarter, "variant": line.variant}
        yield row("magic_number", by, line.magic_number, note=line.note)
    for line in found.burn.itertuples():
        yield row("burn_multiple", {}, line.burn_multiple, note=line.note)
    for line in found.expansion.itertuples():
        yield row("cs_expansion_amount", {"quarter": line.quarter}, line.cs_expansion_amount, n=line.n_deals,
                  note=found.why.get("cs_expansion_amount"))  # fmt: skip
