from api.billing.invoices import Invoice


def test_total_has_tax():
    assert Invoice("DE", []).total() == 0
