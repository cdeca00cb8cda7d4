"""The statutory slips 01 to 07 of a dossier as PDF, signed where the office has a key.

    service                   the doors: which slips there are, made, and handed out
    facts, book, receipts     what each slip, the register of an office and a receipt say
    codes, typesetting        drawings and PDF; the typesetter is a process of its own
    signing                   the office's signature

Reads dossiers, receipts and offices, and changes none. Must not know how pages show them.
"""
