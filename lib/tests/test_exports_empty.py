"""Files of sheets and billing systems that hold headers only, or of which no row stays."""

import pytest
from gate import balanced, gate, rows

from revops.schema import TABLES

SUBS = "id,Customer ID,Status,Interval,Amount,Start (UTC)\n"
INVOICES = "id,Customer,Status,Total,Minimum Line Item Period Start (UTC),Maximum Line Item Period End (UTC)\n"


@pytest.mark.parametrize(
    ("table", "head", "row"),
    [
        ("forecasts", "Week of,Rep,Period,Commit\n", "2025-04-07,Dana Whitfield,,1\n"),
        ("subscriptions", "Customer ID,Customer,Currency,2025-05\n", ",Acme,usd,5\n"),
        ("subscriptions", SUBS, "sub_1,cus_1,incomplete,month,5,2025-01-01 00:00\n"),
        ("invoices", INVOICES, "in_1,cus_1,void,5,2025-01-01,2025-02-01\n"),
        ("tools", "Tool,Annual cost,Renewal date\n", "Total,5,\n"),
        ("quotas", "Rep,Quota,Q1 FY25\n", "Dana Whitfield,,(ramping)\n"),
    ],
)
@pytest.mark.parametrize("has_row", [False, True])
def test_a_table_of_which_no_row_stays_is_empty_and_whole(tmp_path, table, head, row, has_row):
    prepared = gate(tmp_path, {"deals.csv": rows({}), "a.csv": head + row * has_row})
    assert prepared.tables[table].num_rows == 0
    assert prepared.tables[table].column_names == list(TABLES[table].names)
    assert balanced(prepared)
