"""Money: receipts, the till and its day, paying by a bank.

    service                   the till's doors: cash, exemptions, mistakes that are voided
    numbering, words          a receipt's number, and its sum in words
    closing                   a cashier's day and its end
    bank, online              the bank's signed words, and what becomes of an order

What a dossier owes is said by ``dossiers.fees``. Must not know slips, the desk's pages or the register.
"""
