"""The core: is a person who they say they are?

Someone claims a name, a number and a date of birth; the register is asked; its answer is compared with the
claim. This package holds those rules and nothing else. It must not know Django, HTTP, XML, a database, the
clock or the settings: whoever calls it passes in the register and the day. Standard library only.

    names, numbers, birth     what people type, cleaned or refused
    card_qr                   what the card's QR code says
    claims                    what was said, and what the register says
    register                  the port that a register fills
    matching                  does the record bear the claim out
    verification              the whole question, with one of four outcomes
"""
