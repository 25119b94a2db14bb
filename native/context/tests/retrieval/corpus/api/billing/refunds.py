def refund_payment(gateway, payment, amount):
    """Gives a customer money back, at most what was paid."""
    if amount > payment.amount - payment.refunded:
        raise ValueError("more than was paid")
    gateway.refund(payment.reference, amount)
    payment.refunded += amount
