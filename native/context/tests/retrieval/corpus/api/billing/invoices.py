from decimal import Decimal, ROUND_HALF_UP

from .taxes import tax_rate


class Invoice:
    def __init__(self, country, lines):
        self.country = country
        self.lines = lines

    def net(self):
        return sum(line.price * line.count for line in self.lines)

    def total(self):
        """The amount with value added tax, rounded to cents."""
        gross = self.net() * (1 + tax_rate(self.country))
        return gross.quantize(Decimal("0.01"), ROUND_HALF_UP)


def render_pdf(invoice, path):
    """Writes an invoice as a PDF file."""
    raise NotImplementedError
