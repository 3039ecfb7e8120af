def of(order):
    return 2 * order["quantity"]
